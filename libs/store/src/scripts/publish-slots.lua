--[[
  Puts all connection slots of a node in place of what was known of it, and starts its lease.

  KEYS  1 nodes  zset   2 own  hash; see take-slots.lua
  ARGV  1 node   2 lease in ms   3.. key, its connections on this node, key, ...

  Returns 1. The field `#` keeps the hash of a node without connections in being.
]]
local time = redis.call('TIME')
local now = time[1] * 1000 + math.floor(time[2] / 1000)
redis.call('DEL', KEYS[2])
redis.call('HSET', KEYS[2], '#', '1')
for i = 3, #ARGV, 2 do
  redis.call('HSET', KEYS[2], ARGV[i], ARGV[i + 1])
end
redis.call('PEXPIRE', KEYS[2], ARGV[2])
redis.call('ZADD', KEYS[1], string.format('%.0f', now + ARGV[2]), ARGV[1])
return 1
