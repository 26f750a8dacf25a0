--[[
  Commits the outcome of one command for one trade room, or nothing: new state, the numbered events that tell of it, and
  their publication to the room's room as one packet. As commit-outcome.lua, without a user's history.

  KEYS  1 state   hash    fields of the state, and `version`, `commit`, `seq`
        2 events  stream  ids are <seq>-0, without holes
  ARGV  1 version the outcome was computed from (0: none yet)   2 commit token it was computed from
        3 commit token of this commit                           4 seq of the last event before this commit
        5 channel of the room   6, 7 text of a packet before and after the array of its events
        8 approximate bound of events   9 fields to set   10 fields to delete   11 events: how many follow
        12.. field, value, ... | field, ... | event, ...

  Returns { 1 }                   committed
          { 0, version, commit }  the state, or the log, is not the one this was computed from; nothing changed
  All checks come before the first write, because Redis does not roll back.
]]
local version, last_seq = tonumber(ARGV[1]), tonumber(ARGV[4])
local sets, deletes, events = tonumber(ARGV[9]), tonumber(ARGV[10]), tonumber(ARGV[11])

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

local at = 12
for i = 1, sets do
  redis.call('HSET', KEYS[1], ARGV[at], ARGV[at + 1])
  at = at + 2
end
for i = 1, deletes do
  redis.call('HDEL', KEYS[1], ARGV[at])
  at = at + 1
end
redis.call('HSET', KEYS[1], 'version', version + 1, 'commit', ARGV[3], 'seq', last_seq + events)
if events > 0 then
  local texts = {}
  for i = 1, events do
    texts[i] = ARGV[at]
    redis.call('XADD', KEYS[2], 'MAXLEN', '~', ARGV[8], (last_seq + i) .. '-0', 'e', ARGV[at])
    at = at + 1
  end
  redis.call('SPUBLISH', ARGV[5], ARGV[6] .. '[' .. table.concat(texts, ',') .. ']' .. ARGV[7])
end
return { 1 }
