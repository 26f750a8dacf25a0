--[[
  Changes a fenced hash, if no later leader has read it (see raise-fence.lua). Values are absolute: a repeat is harmless.

  KEYS  1 hash
  ARGV  1 epoch of the leader   2 fields to set: how many   3.. field, value, ... then fields to delete

  Returns { 1 }         written
          { 0, epoch }  the fence stands at another epoch; nothing changed
]]
local epoch = tonumber(redis.call('HGET', KEYS[1], '#epoch') or '0')
if epoch ~= tonumber(ARGV[1]) then
  return { 0, epoch }
end
local at = 3
for i = 1, tonumber(ARGV[2]) do
  redis.call('HSET', KEYS[1], ARGV[at], ARGV[at + 1])
  at = at + 2
end
for i = at, #ARGV do
  redis.call('HDEL', KEYS[1], ARGV[i])
end
return { 1 }
