--[[
  Commits the outcome of one input for one user, or nothing: new state, the numbered events that tell of it, history,
  and the publication of the events to the user's room as one packet. The caller did the arithmetic; this script only
  compares and writes.

  KEYS  1 state    hash    fields of the state, and `version`, `commit`, `seq`
        2 events   stream  ids are <seq>-0, without holes
        3 orders   stream  ids are <version>-<n>: closed orders      4 trades  stream      5 journal  stream
  ARGV  1 version the outcome was computed from (0: none yet)   2 commit token it was computed from ("": none yet)
        3 commit token of this commit                           4 seq of the last event before this commit
        5 channel of the user's room   6, 7 text of a packet before and after the array of its events
        8..11  approximate bound of events, orders, trades, journal
        12 fields to set   13 fields to delete   14 events   15 closed orders   16 trades   17 postings: how many follow
        18.. field, value, ... | field, ... | event, ... | order, ... | trade, ... | posting, ...    (all JSON texts)

  Returns { 1 }                   committed
          { 0, version, commit }  the state, or the log, is not the one this was computed from; nothing changed

  The token says whose commit the state is at, so an outcome is never built on another writer's state of the same
  version, and whoever reads { 0, ..., its own token } knows that an earlier attempt arrived.
  All checks come before the first write, because Redis does not roll back.
]]
local version = tonumber(ARGV[1])
local last_seq = tonumber(ARGV[4])
local sets, deletes, events = tonumber(ARGV[12]), tonumber(ARGV[13]), tonumber(ARGV[14])

local now = redis.call('HMGET', KEYS[1], 'version', 'commit')
if tonumber(now[1] or '0') ~= version or (now[2] or '') ~= ARGV[2] then
  return { 0, tonumber(now[1] or '0'), now[2] or '' }
end
if events > 0 then
  local top = redis.call('XREVRANGE', KEYS[2], '+', '-', 'COUNT', 1)[1]
  if tonumber(top and string.match(top[1], '^%d+') or '0') ~= last_seq then
    return { 0, version, now[2] or '' }
  end
end

-- `unpack` puts its values on Lua's stack, which is bounded: so many arguments go into one call at most.
local AT_ONCE = 1000
local at = 18
local function write(command, key, count)
  local last = at + count - 1
  for from = at, last, AT_ONCE do
    redis.call(command, key, unpack(ARGV, from, math.min(from + AT_ONCE - 1, last)))
  end
  at = last + 1
end
-- One stream entry each; the last one trims.
local function append(key, count, bound, id)
  for i = 1, count - 1 do
    redis.call('XADD', key, id(i), 'e', ARGV[at + i - 1])
  end
  if count > 0 then
    redis.call('XADD', key, 'MAXLEN', '~', bound, id(count), 'e', ARGV[at + count - 1])
  end
  at = at + count
end

write('HSET', KEYS[1], 2 * sets)
write('HDEL', KEYS[1], deletes)
redis.call('HSET', KEYS[1], 'version', version + 1, 'commit', ARGV[3], 'seq', last_seq + events)

if events > 0 then
  -- Joined in one go: Redis' Lua reads every byte of every string it makes.
  local packet = { ARGV[6] .. '[' .. ARGV[at], unpack(ARGV, at + 1, at + events - 1) }
  packet[events] = packet[events] .. ']' .. ARGV[7]
  append(KEYS[2], events, ARGV[8], function(i) return (last_seq + i) .. '-0' end)
  redis.call('SPUBLISH', ARGV[5], table.concat(packet, ','))
end
for history = 3, 5 do
  local count = tonumber(ARGV[history + 12])
  append(KEYS[history], count, ARGV[history + 6], function(i) return (version + 1) .. '-' .. i end)
end
return { 1 }
