using Lanner.Server.Configuration;

namespace Lanner.Server.Tests.Configuration;

public sealed class AppReferenceTests
{
    [Theory]
    [InlineData("shop")]
    [InlineData("shop.wsgi:application")]
    [InlineData("shop.wsgi:sites.main.application")]
    [InlineData("shop:make_app()")]
    [InlineData("shop:make_app({'a': 1}, b=':')")]
    [InlineData("_shop2.größe:ñandú_9")]
    [InlineData("app.py")]
    [InlineData("./some dir/app.py:application")]
    [InlineData("/srv/shop/site.wsgi:sites.make(1)")]
    [InlineData("/srv/trac/trac.fcgi:application")]
    [InlineData("/srv/hg/hgweb:make()")]
    [InlineData("paste:shop.ini")]
    [InlineData("paste:conf/shop.ini#main")]
    public void FindProblem_OfAFormThatIsKnown_IsNull(string app) => Assert.Null(AppReference.FindProblem(app));

    [Theory]
    [InlineData("")]
    [InlineData("shop:")]
    [InlineData(":application")]
    [InlineData("shop..views:application")]
    [InlineData("2shop:application")]
    [InlineData("shop:make_app(")]
    [InlineData("shop:make_app)")]
    [InlineData("shop:make_app()x")]
    [InlineData("shop:(make_app)")]
    [InlineData("shop:a:b")]
    [InlineData("shop:make_app(\n)")]
    [InlineData("some-shop:application")]
    [InlineData(".py")]
    [InlineData("/srv/shop/app.pyc")]
    [InlineData("/srv/shop/:application")]
    [InlineData("shop/hgweb:application")]
    [InlineData("app.py:")]
    [InlineData("app.py:make app")]
    [InlineData("paste:")]
    [InlineData("paste:shop.ini#")]
    [InlineData("paste:#main")]
    [InlineData("paste:shop.ini#a#b")]
    public void FindProblem_OfAnyOtherForm_SaysWhatAppMustBe(string app) => Assert.Contains("must be module:name", AppReference.FindProblem(app), StringComparison.Ordinal);

    [Theory]
    [InlineData("shop.wsgi:application", "shop")]
    [InlineData("größe:app", "gr--e")]
    [InlineData("/srv/shop/app.py", "shop")]
    [InlineData("/srv/shop/front end.py:application", "front-end")]
    [InlineData("/srv/trac/trac.fcgi:application", "trac")]
    [InlineData("paste:conf/shop.ini#main", "shop")]
    public void DeriveName_IsOfLettersThatANameMayHold(string app, string name)
    {
        Assert.Equal(name, AppReference.DeriveName(app, "/srv"));
        Assert.True(AppReference.IsName(name));
    }

    [Theory]
    [InlineData("")]
    [InlineData("a b")]
    [InlineData("größe")]
    public void IsName_OfOtherLetters_IsFalse(string name) => Assert.False(AppReference.IsName(name));
}
