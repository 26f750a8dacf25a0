--[[
  Takes connection slots for a node, unless some key would have too many over all nodes; then it takes none.

  KEYS  1 nodes  zset  each gateway by the end of its lease, in ms of the server's clock
        2 own    hash  open connections by key; lives as long as the lease
  ARGV  1 node   2.. key, its connections on this node from now on, most over all nodes (-1: any number), key, ...

  The hashes of the other nodes are named after them: KEYS[1] .. ':' .. node, all with one hash tag.

  Returns 0   taken
          n   the n-th key has too many; nothing changed
          -1  there is no lease (any more); nothing changed, the node must publish what it has
]]
if redis.call('EXISTS', KEYS[2]) == 0 then
  return -1
end
local time = redis.call('TIME')
local now = time[1] * 1000 + math.floor(time[2] / 1000)
local nodes = redis.call('ZRANGE', KEYS[1], string.format('(%.0f', now), '+inf', 'BYSCORE')
for i = 2, #ARGV, 3 do
  local most = tonumber(ARGV[i + 2])
  if most >= 0 then
    local total = tonumber(ARGV[i + 1])
    for _, node in ipairs(nodes) do
      if node ~= ARGV[1] then
        total = total + tonumber(redis.call('HGET', KEYS[1] .. ':' .. node, ARGV[i]) or '0')
      end
    end
    if total > most then
      return (i + 1) / 3
    end
  end
end
for i = 2, #ARGV, 3 do
  if tonumber(ARGV[i + 1]) > 0 then
    redis.call('HSET', KEYS[2], ARGV[i], ARGV[i + 1])
  else
    redis.call('HDEL', KEYS[2], ARGV[i])
  end
end
return 0
