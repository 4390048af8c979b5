#!lua name=ratelimit
-- A rate limiter: GCRA, the generic cell rate algorithm (ITU-T I.371). It
-- keeps one number for each key, the theoretical arrival time (TAT) of the
-- next request in microseconds, and allows bursts without ever allowing more
-- than the rate on average.
--
--   RATELIMIT.THROTTLE key burst count period-ms [COST n]
--     allows count requests per period-ms, and burst more at once.
--     Replies with five integers: 0 allowed or 1 limited; the most that may be
--     used at once; how much of it is left; after how many ms to try again
--     (-1: allowed now, or more than ever fits); after how many ms all of it
--     is free again.
--   RATELIMIT.PEEK key burst count period-ms
--     the same reply for a request that costs nothing, without a change.
--   RATELIMIT.RESET key
--     forgets the key; replies 1 if there was anything to forget.

local function now_us()
  local t = redis.call("TIME")
  return t[1] * 1000000 + t[2]
end

local function ms(us)
  return math.ceil(us / 1000)
end

local function throttle(args, cost)
  local interval = args.period * 1000 / args.count -- between two requests at the rate
  local limit = args.burst + 1
  local tolerance = interval * limit
  local now = now_us()
  local tat = math.max(tonumber(redis.call("GET", args.key)) or now, now)
  local new_tat = tat + interval * cost
  local room = now - (new_tat - tolerance)
  if room < 0 then
    local retry = cost <= limit and ms(-room) or -1
    local left = math.max(math.floor((now - (tat - tolerance)) / interval), 0)
    return {1, limit, left, retry, ms(tat - now)}, nil
  end
  return {0, limit, math.floor(room / interval), -1, ms(new_tat - now)}, new_tat, now
end

local rate = {
  {name = "key", type = "key"},
  {name = "burst", type = "integer", min = 0, max = 1000000000},
  {name = "count", type = "integer", min = 1, max = 1000000000},
  {name = "period", type = "integer", min = 1, max = 31536000000},
}

local function with(args, more)
  local all = {}
  for i, a in ipairs(args) do all[i] = a end
  all[#all + 1] = more
  return all
end

perigee.command{
  name = "ratelimit.throttle",
  summary = "Takes from a key's rate if there is room, and tells what is left.",
  complexity = "O(1)",
  args = with(rate, {name = "cost", type = "integer", token = "COST", optional = true, default = 1, min = 0, max = 1000000000}),
  flags = {"write", "denyoom", "fast"},
  handler = function(args)
    local reply, new_tat, now = throttle(args, args.cost)
    if new_tat and args.cost > 0 then
      redis.call("SET", args.key, string.format("%.0f", new_tat), "PX", math.max(ms(new_tat - now), 1))
    end
    return reply
  end,
}

perigee.command{
  name = "ratelimit.peek",
  summary = "Tells what is left of a key's rate without taking from it.",
  complexity = "O(1)",
  args = rate,
  flags = {"readonly", "fast"},
  handler = function(args) return (throttle(args, 0)) end,
}

perigee.command{
  name = "ratelimit.reset",
  summary = "Forgets what was taken from a key's rate.",
  complexity = "O(1)",
  args = {{name = "key", type = "key"}},
  flags = {"write", "fast"},
  handler = function(args) return redis.call("DEL", args.key) end,
}
