#!lua name=jobqueue
-- A queue of jobs with delays, retries and a dead-letter list. A worker takes
-- jobs under a lease; a job whose lease runs out counts as failed, so that a
-- worker that dies loses nothing. A job that has failed too often goes to the
-- dead-letter list, from where it can be revived.
--
--   JOB.ADD queue payload [DELAY ms] [RETRIES n] [BACKOFF ms]   -> id
--   JOB.TAKE queue [COUNT n] [LEASE ms]          -> list of [id, payload, attempt]
--   JOB.DONE queue id                            -> 1, or 0 if it was not taken
--   JOB.FAIL queue id [ERROR text]               -> "retry", "dead", or nil
--   JOB.EXTEND queue id lease-ms                 -> 1, or 0 if it was not taken
--   JOB.STATS queue                              -> ready, delayed, active, dead
--   JOB.DEAD queue [COUNT n]                     -> list of [id, payload, error]
--   JOB.REVIVE queue id                          -> 1, or 0 if it is not dead
--
-- Keys: queue itself counts ids; queue:ready is a list, queue:delayed and
-- queue:active are sorted sets by the ms at which something is due,
-- queue:dead is a list of ids, queue:job:ID is a hash. Times are the server's.

local function now_ms()
  local t = redis.call("TIME")
  return t[1] * 1000 + math.floor(t[2] / 1000)
end

local function job_key(queue, id) return queue .. ":job:" .. id end

-- settle decides what becomes of a job that has failed once more.
local function settle(queue, id, now, reason)
  local key = job_key(queue, id)
  local job = redis.call("HMGET", key, "attempt", "retries", "backoff")
  local attempt, retries, backoff = tonumber(job[1]), tonumber(job[2]), tonumber(job[3])
  redis.call("HSET", key, "error", reason)
  if attempt > retries then
    redis.call("RPUSH", queue .. ":dead", id)
    return "dead"
  end
  local wait = math.min(backoff * 2 ^ (attempt - 1), 86400000)
  redis.call("ZADD", queue .. ":delayed", now + wait, id)
  return "retry"
end

-- due moves up to limit ids out of a sorted set whose time has come.
local function due(key, now, limit)
  local ids = redis.call("ZRANGEBYSCORE", key, "-inf", now, "LIMIT", 0, limit)
  for _, id in ipairs(ids) do redis.call("ZREM", key, id) end
  return ids
end

-- promote makes ready what is due: delayed jobs, and failed ones of workers
-- whose lease ran out. It is bounded, so that a call stays short.
local function promote(queue, now)
  for _, id in ipairs(due(queue .. ":active", now, 100)) do
    settle(queue, id, now, "lease expired")
  end
  for _, id in ipairs(due(queue .. ":delayed", now, 1000)) do
    redis.call("RPUSH", queue .. ":ready", id)
  end
end

local queue = {name = "queue", type = "key"}
local id = {name = "id", type = "string"}

local function option(name, default, max)
  return {name = name, type = "integer", token = string.upper(name), optional = true, default = default, min = 0, max = max}
end

perigee.command{
  name = "job.add",
  summary = "Adds a job to a queue.",
  complexity = "O(log N) with a delay, otherwise O(1)",
  args = {queue, {name = "payload"}, option("delay", 0, 31536000000), option("retries", 3, 1000), option("backoff", 1000, 86400000)},
  flags = {"write", "denyoom", "fast"},
  handler = function(args)
    local new = redis.call("INCR", args.queue)
    redis.call("HSET", job_key(args.queue, new), "payload", args.payload, "attempt", 0, "retries", args.retries, "backoff", args.backoff)
    if args.delay > 0 then
      redis.call("ZADD", args.queue .. ":delayed", now_ms() + args.delay, new)
    else
      redis.call("RPUSH", args.queue .. ":ready", new)
    end
    return tostring(new)
  end,
}

perigee.command{
  name = "job.take",
  summary = "Takes jobs that are due, under a lease.",
  complexity = "O(log N) for each job taken or made ready",
  args = {queue, {name = "count", type = "integer", token = "COUNT", optional = true, default = 1, min = 1, max = 1000}, option("lease", 30000, 86400000)},
  flags = {"write", "denyoom"},
  handler = function(args)
    local now, taken = now_ms(), {}
    promote(args.queue, now)
    for _, next_id in ipairs(redis.call("LPOP", args.queue .. ":ready", args.count) or {}) do
      local key = job_key(args.queue, next_id)
      local attempt = redis.call("HINCRBY", key, "attempt", 1)
      redis.call("ZADD", args.queue .. ":active", now + args.lease, next_id)
      taken[#taken + 1] = {next_id, redis.call("HGET", key, "payload"), attempt}
    end
    return taken
  end,
}

perigee.command{
  name = "job.done",
  summary = "Ends a job that was taken.",
  complexity = "O(log N)",
  args = {queue, id},
  flags = {"write", "fast"},
  handler = function(args)
    if redis.call("ZREM", args.queue .. ":active", args.id) == 0 then return 0 end
    redis.call("DEL", job_key(args.queue, args.id))
    return 1
  end,
}

perigee.command{
  name = "job.fail",
  summary = "Gives a job back that failed: it is tried again later, or is dead.",
  complexity = "O(log N)",
  args = {queue, id, {name = "error", token = "ERROR", optional = true, default = "failed"}},
  flags = {"write", "denyoom", "fast"},
  handler = function(args)
    if redis.call("ZREM", args.queue .. ":active", args.id) == 0 then return nil end
    return settle(args.queue, args.id, now_ms(), args.error)
  end,
}

perigee.command{
  name = "job.extend",
  summary = "Extends the lease of a job that was taken.",
  complexity = "O(log N)",
  args = {queue, id, {name = "lease", type = "integer", min = 1, max = 86400000}},
  flags = {"write", "fast"},
  handler = function(args)
    local key = args.queue .. ":active"
    if not redis.call("ZSCORE", key, args.id) then return 0 end
    redis.call("ZADD", key, now_ms() + args.lease, args.id)
    return 1
  end,
}

perigee.command{
  name = "job.stats",
  summary = "Counts a queue's jobs by state.",
  complexity = "O(1)",
  args = {queue},
  flags = {"readonly", "fast"},
  handler = function(args)
    local q = args.queue
    return {
      "ready", redis.call("LLEN", q .. ":ready"),
      "delayed", redis.call("ZCARD", q .. ":delayed"),
      "active", redis.call("ZCARD", q .. ":active"),
      "dead", redis.call("LLEN", q .. ":dead"),
    }
  end,
}

perigee.command{
  name = "job.dead",
  summary = "Lists dead jobs, oldest first.",
  complexity = "O(N) where N is the number of jobs listed",
  args = {queue, {name = "count", type = "integer", token = "COUNT", optional = true, default = 10, min = 1, max = 1000}},
  flags = {"readonly"},
  handler = function(args)
    local list = {}
    for i, dead in ipairs(redis.call("LRANGE", args.queue .. ":dead", 0, args.count - 1)) do
      local job = redis.call("HMGET", job_key(args.queue, dead), "payload", "error")
      list[i] = {dead, job[1], job[2]}
    end
    return list
  end,
}

perigee.command{
  name = "job.revive",
  summary = "Makes a dead job ready again, with all its tries.",
  complexity = "O(N) where N is the number of dead jobs",
  args = {queue, id},
  flags = {"write"},
  handler = function(args)
    if redis.call("LREM", args.queue .. ":dead", 1, args.id) == 0 then return 0 end
    redis.call("HSET", job_key(args.queue, args.id), "attempt", 0)
    redis.call("RPUSH", args.queue .. ":ready", args.id)
    return 1
  end,
}
