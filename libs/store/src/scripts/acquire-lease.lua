--[[
  Takes the leader's lease if nobody holds it, with an epoch greater than any before. The epoch is at least the server's
  clock in milliseconds, so it grows even when Redis comes back without its last second of writes.

  KEYS  1 lease  string with TTL, JSON { node, epoch }   2 epoch  string
  ARGV  1 node   2 TTL in ms

  Returns { 1, epoch }          taken
          { 0, lease, TTL in ms }  held by another
]]
local holder = redis.call('GET', KEYS[1])
if holder then
  return { 0, holder, redis.call('PTTL', KEYS[1]) }
end
local time = redis.call('TIME')
local epoch = math.max(tonumber(redis.call('GET', KEYS[2]) or '0') + 1, time[1] * 1000 + math.floor(time[2] / 1000))
local text = string.format('%.0f', epoch)
redis.call('SET', KEYS[2], text)
redis.call('SET', KEYS[1], '{"node":' .. cjson.encode(ARGV[1]) .. ',"epoch":' .. text .. '}', 'PX', ARGV[2])
return { 1, epoch }
