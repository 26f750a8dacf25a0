--[[
  Reads a fenced hash for a leader and raises its epoch first: leaders of earlier epochs can no longer write it.

  KEYS  1 hash  its field `#epoch` is the epoch of the last leader that read it
  ARGV  1 epoch of the leader

  Returns { 1, field, value, ... }  the hash, without `#epoch`
          { 0, epoch }              a later leader was here; nothing changed
]]
local epoch = tonumber(redis.call('HGET', KEYS[1], '#epoch') or '0')
if epoch > tonumber(ARGV[1]) then
  return { 0, epoch }
end
redis.call('HDEL', KEYS[1], '#epoch')
local fields = redis.call('HGETALL', KEYS[1])
redis.call('HSET', KEYS[1], '#epoch', ARGV[1])
table.insert(fields, 1, 1)
return fields
