--[[
  Publishes the next events of a market's stream, or nothing: the log entries, the state they lead to, and one packet to
  the room. The stream's last id is the fence: a number is given once, and none is left out.

  KEYS  1 last    string  what a new subscriber starts from; replaced
        2 events  stream  ids are <seq>-0, without holes
  ARGV  1 seq of the last event before these   2 approximate bound of the stream   3 text for `last` ("": leave it)
        4 channel of the room   5 packet   6.. event, ... (JSON texts)

  Returns { 1 }        published
          { 0, seq }   the stream stands elsewhere, at `seq`; nothing changed
  All checks come before the first write, because Redis does not roll back.
]]
local top = redis.call('XREVRANGE', KEYS[2], '+', '-', 'COUNT', 1)[1]
local seq = tonumber(top and string.match(top[1], '^%d+') or '0')
if seq ~= tonumber(ARGV[1]) then
  return { 0, seq }
end
for i = 6, #ARGV do
  seq = seq + 1
  redis.call('XADD', KEYS[2], 'MAXLEN', '~', ARGV[2], seq .. '-0', 'e', ARGV[i])
end
if ARGV[3] ~= '' then
  redis.call('SET', KEYS[1], ARGV[3])
end
redis.call('SPUBLISH', ARGV[4], ARGV[5])
return { 1 }
