# The first line is a word, the others are names: prints the name that is most like the word, if one is. Capitals apart, two
# letters may be wrong, missing or too many; two that change places count as one.

function least(a, b) { return a < b ? a : b }

function distance(a, b,   i, j, d) {
  for(i = 0; i <= length(a); i++)
    d[i, 0] = i
  for(j = 0; j <= length(b); j++)
    d[0, j] = j
  for(i = 1; i <= length(a); i++)
    for(j = 1; j <= length(b); j++){
      d[i, j] = least(least(d[i - 1, j], d[i, j - 1]) + 1, d[i - 1, j - 1] + (substr(a, i, 1) != substr(b, j, 1)))
      if(i > 1 && j > 1 && substr(a, i, 1) == substr(b, j - 1, 1) && substr(a, i - 1, 1) == substr(b, j, 1))
        d[i, j] = least(d[i, j], d[i - 2, j - 2] + 1)
    }
  return d[length(a), length(b)]
}

NR == 1 { word = toupper($0); best = 3; next }
{
  n = distance(word, $0)
  if(n < best && n < length(word)){
    best = n
    name = $0
  }
}
END { print name }
