--[[
  Gives the lease of an epoch back, so that a standby need not wait for its TTL.
  KEYS  1 lease   ARGV  1 epoch
  Returns 1 given back, 0 it was not held
]]
local holder = redis.call('GET', KEYS[1])
if not holder or cjson.decode(holder).epoch ~= tonumber(ARGV[1]) then
  return 0
end
return redis.call('DEL', KEYS[1])
