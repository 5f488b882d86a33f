-- Prints one line for the harness: requests, seconds, errors, latency (µs) at 50 % and 99 %. With BENCH_PAUSE, each
-- connection waits up to twice so many ms before a request.
local pause = tonumber(os.getenv("BENCH_PAUSE") or "")
if pause then
  function setup(thread) thread:set("seed", math.random(1e9)) end
  function init(args) math.randomseed(seed) end
  function delay() return math.random(0, 2 * pause) end
end

function done(summary, latency, requests)
  local e = summary.errors
  io.write(string.format("result %d %.6f %d %.1f %.1f\n", summary.requests, summary.duration / 1e6,
    e.connect + e.read + e.write + e.status + e.timeout, latency:percentile(50), latency:percentile(99)))
end
