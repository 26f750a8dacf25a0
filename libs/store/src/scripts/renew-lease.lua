--[[
  Keeps the lease of an epoch for another TTL.
  KEYS  1 lease   ARGV  1 epoch   2 TTL in ms
  Returns 1 kept, 0 lost (expired, or another's)
]]
local holder = redis.call('GET', KEYS[1])
if not holder or cjson.decode(holder).epoch ~= tonumber(ARGV[1]) then
  return 0
end
return redis.call('PEXPIRE', KEYS[1], ARGV[2])
