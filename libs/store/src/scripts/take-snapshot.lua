--[[
  Takes one equity snapshot of a running room, or nothing: everyone's running figures of risk, a point on everyone's
  curve, and the leading rows for the history. Snapshots are numbered by their interval, so each is taken once.

  KEYS  1 state  hash  of the room: its field `status`   2 stats  hash; its field `#` is the number of the last snapshot
        3 curves  hash   4 snapshots  list, newest last
  ARGV  1 number of the last snapshot before this one   2 number of this one   3 bound of the list
        4 snapshot (JSON)   5.. user, stats, equity, ...

  Returns { 1 }            taken
          { 0, number }    another worker was here
          { -1, status }   the room does not run
]]
local status = redis.call('HGET', KEYS[1], 'status') or ''
if status ~= 'running' then
  return { -1, status }
end
local last = tonumber(redis.call('HGET', KEYS[2], '#') or '-1')
if last ~= tonumber(ARGV[1]) then
  return { 0, last }
end
for at = 5, #ARGV, 3 do
  redis.call('HSET', KEYS[2], ARGV[at], ARGV[at + 1])
  local curve = redis.call('HGET', KEYS[3], ARGV[at])
  redis.call('HSET', KEYS[3], ARGV[at], curve and (curve .. ',' .. ARGV[at + 2]) or ARGV[at + 2])
end
redis.call('HSET', KEYS[2], '#', ARGV[2])
redis.call('RPUSH', KEYS[4], ARGV[4])
redis.call('LTRIM', KEYS[4], -tonumber(ARGV[3]), -1)
return { 1 }
