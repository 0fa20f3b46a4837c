// date [-s]: the date and time, UTC. -s: as seconds since 1970.

#include "user/rxv.h"
#include "user/user.h"

static int
leap(uint y)
{
  return (y % 4 == 0 && y % 100 != 0) || y % 400 == 0;
}

int
main(int argc, char **argv)
{
  static const uint8 month_days[] = { 31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31 };
  static const char *const days[] = { "Thu", "Fri", "Sat", "Sun", "Mon", "Tue", "Wed" };  // 1970 began on a Thursday
  static const char months[] = "JanFebMarAprMayJunJulAugSepOctNovDec";
  uint64 s = clock(CLOCK_WALL) / 1000000000;
  if(argc == 2 && (strcmp(argv[1], "-s") == 0 || strcmp(argv[1], "+%s") == 0)){
    printf("%lu\n", s);
    return 0;
  }
  if(argc != 1)
    usage("[-s]");
  uint64 day = s / 86400;
  const char *weekday = days[day % 7];
  uint y = 1970, m = 0;
  for(; day >= 365 + leap(y); y++)
    day -= 365 + leap(y);
  for(; day >= month_days[m] + (m == 1 && leap(y)); m++)
    day -= month_days[m] + (m == 1 && leap(y));
  printf("%s %.3s %2lu %02lu:%02lu:%02lu UTC %u\n", weekday, months + 3 * m, day + 1, s / 3600 % 24, s / 60 % 60, s % 60, y);
  return 0;
}
