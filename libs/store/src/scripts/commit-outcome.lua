--[[
  Commits the outcome of one input for one user, or nothing: new state, the numbered events that tell of it, history,
  and the publication of the events to the user's room as one packet. The caller did the arithmetic; this script only
  compares and writes. What belongs to one commit is one entry in each stream: an entry costs Redis more than its bytes.

  KEYS  1 state    hash    fields of the state, and `version`, `commit`, `seq`
        2 events   stream  ids are <seq of the entry's last event>-0; their numbers have no holes
        3 orders   stream  ids are <version>-0: closed orders      4 trades  stream      5 journal  stream
  ARGV  1 version the outcome was computed from (0: none yet)   2 commit token it was computed from ("": none yet)
        3 seq of the last event before this commit              4 seq of its last event (the same: it has none)
        5 channel of the user's room                            6, 7 text of a packet before and after its events
        8..11 approximate bound of events, orders, trades, journal
        12 events   13 closed orders   14 trades   15 postings: each a JSON array, or "" for none
        16 fields to set: how many; then field, value, ..., and to the end fields to delete. Among those to set are
           `version`, `commit` and `seq` after this commit

  Returns { 1 }                   committed
          { 0, version, commit }  the state, or the log, is not the one this was computed from; nothing changed

  The token says whose commit the state is at, so an outcome is never built on another writer's state of the same
  version, and whoever reads { 0, ..., its own token } knows that an earlier attempt arrived.
  All checks come before the first write, because Redis does not roll back; the last of them is that write itself.
]]
local version, last_seq, seq = tonumber(ARGV[1]), tonumber(ARGV[3]), tonumber(ARGV[4])

local now = redis.call('HMGET', KEYS[1], 'version', 'commit', 'seq')
local refused = { 0, tonumber(now[1] or '0'), now[2] or '' }
if refused[2] ~= version or refused[3] ~= ARGV[2] then
  return refused
end
if seq > last_seq then
  if tonumber(now[3] or '0') ~= last_seq then
    return refused
  end
  -- Redis takes no id that is not above the stream's last: the fence that holds whatever the state may say.
  local added = redis.pcall('XADD', KEYS[2], 'MAXLEN', '~', ARGV[8], seq .. '-0', 'e', ARGV[12])
  if type(added) == 'table' and added.err then
    return string.find(added.err, 'equal or smaller', 1, true) and refused or added
  end
end

-- `unpack` puts its values on Lua's stack, which is bounded: so many arguments go into one call at most.
local AT_ONCE = 1000
local function write(command, first, last)
  for from = first, last, AT_ONCE do
    redis.call(command, KEYS[1], unpack(ARGV, from, math.min(from + AT_ONCE - 1, last)))
  end
end

local deletes = 17 + 2 * tonumber(ARGV[16])
write('HSET', 17, deletes - 1)
write('HDEL', deletes, #ARGV)
if seq > last_seq then
  redis.call('SPUBLISH', ARGV[5], ARGV[6] .. ARGV[12] .. ARGV[7])
end
for history = 3, 5 do
  local entry = ARGV[history + 10]
  if entry ~= '' then
    redis.call('XADD', KEYS[history], 'MAXLEN', '~', ARGV[history + 6], (version + 1) .. '-0', 'e', entry)
  end
end
return { 1 }
