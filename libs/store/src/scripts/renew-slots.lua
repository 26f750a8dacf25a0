--[[
  Keeps a node's connection slots for another lease, and forgets nodes whose lease has ended.

  KEYS  1 nodes  zset   2 own  hash; see take-slots.lua
  ARGV  1 node   2 lease in ms

  Returns 1 kept; 0 the lease had ended: nothing changed, the node must publish what it has
]]
local time = redis.call('TIME')
local now = time[1] * 1000 + math.floor(time[2] / 1000)
if redis.call('PEXPIRE', KEYS[2], ARGV[2]) == 0 then
  return 0
end
redis.call('ZREMRANGEBYSCORE', KEYS[1], '-inf', string.format('%.0f', now))
redis.call('ZADD', KEYS[1], string.format('%.0f', now + ARGV[2]), ARGV[1])
return 1
