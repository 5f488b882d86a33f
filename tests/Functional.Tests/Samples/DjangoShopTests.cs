using System.Net;
using System.Text.Json;

namespace Functional.Tests.Samples;

/// <summary>A Django project: admin, log-in, ORM, static files.</summary>
public class DjangoShopTests(DjangoShopTests.Fixture fixture) : IClassFixture<DjangoShopTests.Fixture>
{
    public sealed class Fixture() : SampleFixture("django_shop")
    {
        protected override IReadOnlyDictionary<string, string> Environment => new Dictionary<string, string>
        {
            ["SHOP_DATABASE"] = Folder.File("shop.sqlite3"),
            ["SHOP_ADMIN"] = "keeper",
            ["SHOP_ADMIN_PASSWORD"] = "secret-of-the-keeper",
        };

        protected override async Task PrepareAsync()
        {
            string manage = Path.Combine(Checkout.Sample("django_shop"), "manage.py");
            await RunPythonAsync(manage, "migrate");
            await RunPythonAsync(manage, "seed");
        }
    }

    [Fact]
    public async Task Admin_AfterLogin_AddsAProduct()
    {
        using HttpClient browser = await LoggedInAsync("/admin/login/?next=/admin/");
        Assert.Contains("Site administration", await browser.GetStringAsync("/admin/"), StringComparison.Ordinal);
        string form = await browser.GetStringAsync("/admin/catalog/product/add/");
        string[] fields = [.. System.Text.RegularExpressions.Regex.Matches(form, "<(?:input|textarea)[^>]* name=\"([a-z_]+)\"").Select(match => match.Groups[1].Value)];

        using HttpResponseMessage added = await browser.PostAsync("/admin/catalog/product/add/", SampleFixture.Form(
        [
            ("csrfmiddlewaretoken", SampleFixture.Csrf(form)),
            .. fields.Where(field => field is not ("csrfmiddlewaretoken" or "_save" or "_continue" or "_addanother")).Select(field => (field, field switch
            {
                "name" => "A lamp",
                "slug" => "a-lamp",
                _ => "7",
            })),
            ("_save", "Save"),
        ]));

        Assert.Equal(HttpStatusCode.Redirect, added.StatusCode);
        Assert.Contains("A lamp", await browser.GetStringAsync("/"), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Orders_AtOnce_KeepTheStock()
    {
        using HttpClient browser = await LoggedInAsync("/accounts/login/");
        JsonElement before = await ProductAsync(browser);
        string slug = before.GetProperty("slug").GetString()!;
        string token = SampleFixture.Csrf(await browser.GetStringAsync($"/products/{slug}/"));

        await Parallel.ForEachAsync(Enumerable.Range(0, 50), new ParallelOptions { MaxDegreeOfParallelism = 16 }, async (_, stop) =>
        {
            using HttpResponseMessage response = await browser.PostAsync(
                $"/products/{slug}/order", SampleFixture.Form(("csrfmiddlewaretoken", token), ("quantity", "1")), stop);
            Assert.True((int)response.StatusCode < 500, response.StatusCode.ToString());
        });

        JsonElement after = await ProductAsync(browser);
        Assert.Equal(Sum(before), Sum(after));
        Assert.True(after.GetProperty("sold").GetInt32() > before.GetProperty("sold").GetInt32());

        static int Sum(JsonElement product) => product.GetProperty("stock").GetInt32() + product.GetProperty("sold").GetInt32();
    }

    [Theory]
    [InlineData("/", 200)]
    [InlineData("/orders/", 302)]
    [InlineData("/static/admin/css/base.css", 200)]
    [InlineData("/nothing/", 404)]
    public async Task Page_OfEachKind_Answers(string path, int status)
    {
        using HttpClient browser = fixture.Browser();

        using HttpResponseMessage response = await browser.GetAsync(path);

        Assert.Equal(status, (int)response.StatusCode);
    }

    private async Task<HttpClient> LoggedInAsync(string page)
    {
        HttpClient browser = fixture.Browser();
        string form = await browser.GetStringAsync(page);
        using HttpResponseMessage response = await browser.PostAsync(page, SampleFixture.Form(
            ("csrfmiddlewaretoken", SampleFixture.Csrf(form)), ("username", "keeper"), ("password", "secret-of-the-keeper")));
        Assert.Equal(HttpStatusCode.Redirect, response.StatusCode);
        return browser;
    }

    private static async Task<JsonElement> ProductAsync(HttpClient browser)
    {
        JsonElement root = JsonDocument.Parse(await browser.GetStringAsync("/api/products")).RootElement;
        JsonElement list = root.ValueKind == JsonValueKind.Array ? root : root.GetProperty("products");
        return list.EnumerateArray().MaxBy(product => product.GetProperty("stock").GetInt32());
    }
}
