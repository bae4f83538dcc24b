-- What the language and its libraries do, printed line by line: the same in both rings, every time.
local function line(...)
  print(...)
end

line('arguments', #arg, table.concat(arg, ' '))

-- Numbers: integers wrap, floats are IEEE, conversions are exact.
line(math.maxinteger + 1 == math.mininteger, 7 // 2, -7 // 2, -7 % 3, 7.5 // 2, 2 ^ 0.5, 1 / 0, -1 / 0, 0 / 0 ~= 0 / 0)
line(string.format('%a %.17g %5.1f %d %x %q', 0.1, 0.1, math.pi, -42, 255, 1 / 3), 3 | 4, ~0, 1 << 62, 1 >> 1)
line(math.tointeger('8'), tonumber('0x1p4'), tonumber('z', 36), math.type(1), math.type(1.0), 10 // 0.0)
line(math.sin(1), math.exp(1), math.log(2), math.fmod(-7, 3), math.ult(1, -1))
line(pcall(function() return 1 // 0 end))

-- A generator of its own with a seed gives one sequence.
math.randomseed(42, 7)
local rolls = {}
for i = 1, 10 do rolls[i] = math.random(1, 1000) end
line(table.concat(rolls, ' '))

-- Strings and patterns.
line(('The quick brown fox'):gsub('%w+', function(word) return word:reverse() end))
line(('key = value; other = 12'):match('(%w+) = (%w+); (%w+) = (%d+)'))
line(string.pack('<i4 z s2 d', 1, 'zero', 'counted', 0.5):byte(1, -1))
line(string.unpack('>I3 <I3', '\1\2\3\1\2\3'))
line(utf8.char(72, 228, 8364, 128512), utf8.len('h\u{e4}\u{20ac}'), #'\u{20ac}')
line(('x'):rep(3, ','), ('%d'):rep(3), ('abc'):byte(-1), ('a,b,,c'):find(',', 3, true))

-- Tables: sort with a comparison that fails, holes, length, moves.
local words = {}
for word in ('the art of computer programming in four parts'):gmatch('%a+') do words[#words + 1] = word end
table.sort(words, function(a, b) return #a < #b or (#a == #b and a < b) end)
line(table.concat(words, ' '), select('#', table.unpack({ 1, nil, 3 }, 1, 3)))
line(pcall(table.sort, { 3, 1, 'x' }))

-- Closures, metatables, goto, to-be-closed variables, integer for loops at the edge.
local Account = setmetatable({}, { __call = function(class, balance) return setmetatable({ balance = balance }, class) end })
Account.__index = Account
Account.__add = function(a, b) return Account(a.balance + b.balance) end
Account.__tostring = function(a) return 'Account(' .. a.balance .. ')' end
Account.__close = function(a) line('closed', a) end
do
  local first <close> = Account(10)
  local second <const> = Account(32)
  line(first + second)
end
for i = math.maxinteger - 1, math.maxinteger do line(i) end
do
  local i = 0
  ::again::
  i = i + 1
  if i < 5 then goto again end
  line(i)
end

-- Coroutines, also across pcall, and errors that carry tables. setjmp and longjmp are what errors are made of.
local producer = coroutine.wrap(function()
  for i = 1, 3 do
    local ok, caught = pcall(function()
      coroutine.yield(i)
      error({ code = i })
    end)
    coroutine.yield(ok, caught.code)
  end
end)
for _ = 1, 6 do line(producer()) end
local depth = 0
local function deep() depth = depth + 1; return 1 + deep() end
line(select(2, pcall(deep)):match('stack overflow'), depth > 10000)
line(select(2, xpcall(deep, function(message) return 'handled: ' .. message:match('stack overflow') end)))
line(pcall(string.rep, 'x', 1 << 60))

-- Two hundred thousand coroutines and their garbage.
local sum = 0
for i = 1, 200000 do
  sum = sum + coroutine.wrap(function(x) return x * 2 end)(i)
end
line(sum)
local weak = setmetatable({}, { __mode = 'v' })
for i = 1, 1000 do weak[i] = {} end
collectgarbage()
line(next(weak), collectgarbage('count') < 100000)
collectgarbage('generational')
local list
for i = 1, 100000 do list = { list, i } end
local length = 0
while list do length, list = length + 1, list[1] end
line(length)

-- Code as data: compiled, dumped, loaded again.
local chunk = load('local a, b = ... return a * b, _ENV == nil')
line(load(string.dump(chunk), 'dumped', 'b')(6, 7))
line(load('return +'))

-- Files.
local name = os.tmpname()
local file = assert(io.open(name, 'w+'))
for i = 1, 10000 do file:write(i, '\n') end
line(file:seek('end'), file:seek('set', 100))
line(file:read('l', 'n', 'n'))
file:close()
local total = 0
for number in io.lines(name, 'n') do total = total + number end
line(total, os.rename(name, name .. '.new'), (io.open(name)), os.remove(name .. '.new'))
line(io.open('/no/such/file'))

-- Time of day, in a zone that is the same everywhere.
line(os.date('!%Y-%m-%d %H:%M:%S', 1700000000), os.time({ year = 2024, month = 2, day = 30, hour = 12 }) - os.time({ year = 2024, month = 3, day = 1, hour = 12 }))
line(os.time() > 1700000000, os.clock() >= 0, os.getenv('NO_SUCH_VARIABLE'), os.setlocale('C'))

-- A sieve, for the processor.
local composite, primes = {}, 0
for i = 2, 500000 do
  if not composite[i] then
    primes = primes + 1
    for j = i * i, 500000, i do composite[j] = true end
  end
end
line(primes)

io.stderr:write('ends with 7\n')
os.exit(7, true)
