--[[
  Commits the outcome of one input for one user, or nothing: new state, the numbered events that tell of it, history,
  and the publication of the events to the user's room as one packet. The caller did the arithmetic; this script only
  compares and writes. What belongs to one commit is one entry in each stream: an entry costs Redis more than its bytes.

  KEYS  1 state    hash    fields of the state, and `version`, `commit`, `seq`
        2 events   stream  ids are <seq of the entry's last event>-0; their numbers have no holes
        3 orders   stream  ids are <version>-0: closed orders      4 trades  stream      5 journal  stream
  ARGV  1 version the outcome was computed from (0: none yet)   2 commit token it was computed from ("": none yet)
        3 commit token of this commit                           4 seq of the last event before this commit
        5 seq of its last event (the same: it has none)         6 channel of the user's room
        7, 8 text of a packet before and after the array of its events
        9..12 approximate bound of events, orders, trades, journal
        13 events   14 closed orders   15 trades   16 postings: each a JSON array, or "" for none
        17 fields to set: how many; then field, value, ..., and to the end fields to delete

  Returns { 1 }                   committed
          { 0, version, commit }  the state, or the log, is not the one this was computed from; nothing changed

  The token says whose commit the state is at, so an outcome is never built on another writer's state of the same
  version, and whoever reads { 0, ..., its own token } knows that an earlier attempt arrived.
  All checks come before the first write, because Redis does not roll back.
]]
local version = tonumber(ARGV[1])
local last_seq, seq = tonumber(ARGV[4]), tonumber(ARGV[5])

local now = redis.call('HMGET', KEYS[1], 'version', 'commit')
if tonumber(now[1] or '0') ~= version or (now[2] or '') ~= ARGV[2] then
  return { 0, tonumber(now[1] or '0'), now[2] or '' }
end
if seq > last_seq then
  local top = redis.call('XREVRANGE', KEYS[2], '+', '-', 'COUNT', 1)[1]
  if tonumber(top and string.match(top[1], '^%d+') or '0') ~= last_seq then
    return { 0, version, now[2] or '' }
  end
end

-- `unpack` puts its values on Lua's stack, which is bounded: so many arguments go into one call at most.
local AT_ONCE = 1000
local function write(command, first, last)
  for from = first, last, AT_ONCE do
    redis.call(command, KEYS[1], unpack(ARGV, from, math.min(from + AT_ONCE - 1, last)))
  end
end

local deletes = 18 + 2 * tonumber(ARGV[17])
write('HSET', 18, deletes - 1)
write('HDEL', deletes, #ARGV)
redis.call('HSET', KEYS[1], 'version', version + 1, 'commit', ARGV[3], 'seq', seq)
if seq > last_seq then
  redis.call('XADD', KEYS[2], 'MAXLEN', '~', ARGV[9], seq .. '-0', 'e', ARGV[13])
  redis.call('SPUBLISH', ARGV[6], ARGV[7] .. ARGV[13] .. ARGV[8])
end
for history = 3, 5 do
  local entry = ARGV[history + 11]
  if entry ~= '' then
    redis.call('XADD', KEYS[history], 'MAXLEN', '~', ARGV[history + 7], (version + 1) .. '-0', 'e', entry)
  end
end
return { 1 }
