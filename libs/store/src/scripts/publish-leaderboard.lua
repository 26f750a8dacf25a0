--[[
  Publishes one tick of a leaderboard, or nothing: ranks, rows, numbered events and one packet to the room. Ticks are
  counted, so of two workers that computed the same tick one is refused and reads again.

  KEYS  1 state   hash    of the room: its field `status`   2 ranks  zset    3 rows  hash; its field `#` counts ticks
        4 events  stream  ids are <seq>-0                   5 last   string  the last event
  ARGV  1 ticks before this one   2 status the room must have   3 seq of the last event before these
        4 approximate bound of the stream   5 channel   6, 7 text of a packet before and after the array of its events
        8 ranks   9 rows   10 users to remove   11 events: how many follow
        12.. rank, user, ... | user, row, ... | user, ... | event, ...

  Returns { 1 }            published
          { 0, ticks }     another worker was here
          { -1, status }   the room is not in that status
  All checks come before the first write, because Redis does not roll back.
]]
local status = redis.call('HGET', KEYS[1], 'status') or ''
if status ~= ARGV[2] then
  return { -1, status }
end
local ticks = tonumber(redis.call('HGET', KEYS[3], '#') or '0')
local top = redis.call('XREVRANGE', KEYS[4], '+', '-', 'COUNT', 1)[1]
local seq = tonumber(top and string.match(top[1], '^%d+') or '0')
if ticks ~= tonumber(ARGV[1]) or seq ~= tonumber(ARGV[3]) then
  return { 0, ticks }
end

local CHUNK = 1000
local at = 12
local function each(name, key, count)
  local stop = at + count
  while at < stop do
    local last = math.min(at + CHUNK, stop) - 1
    redis.call(name, key, unpack(ARGV, at, last))
    at = last + 1
  end
end
each('ZADD', KEYS[2], 2 * tonumber(ARGV[8]))
each('HSET', KEYS[3], 2 * tonumber(ARGV[9]))
local gone = at
each('ZREM', KEYS[2], tonumber(ARGV[10]))
at = gone
each('HDEL', KEYS[3], tonumber(ARGV[10]))
redis.call('HSET', KEYS[3], '#', ticks + 1)

local events = tonumber(ARGV[11])
if events > 0 then
  local texts = {}
  for i = 1, events do
    texts[i] = ARGV[at]
    redis.call('XADD', KEYS[4], 'MAXLEN', '~', ARGV[4], (seq + i) .. '-0', 'e', ARGV[at])
    at = at + 1
  end
  redis.call('SET', KEYS[5], texts[events])
  redis.call('SPUBLISH', ARGV[5], ARGV[6] .. '[' .. table.concat(texts, ',') .. ']' .. ARGV[7])
end
return { 1 }
