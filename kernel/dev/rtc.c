// Goldfish RTC: nanoseconds since 1970. A read of the low half latches the high one, so the order matters.

#include "dev/fdt.h"
#include "dev/misc.h"
#include "mm/layout.h"

enum { RTC_TIME_LOW = 0, RTC_TIME_HIGH = 4 };  // byte offsets

uint64
rtc_now(void)
{
  volatile uint32 *reg = pa2va(machine.rtc);
  uint64 low;

  if(machine.rtc == 0)
    return 0;
  low = reg[RTC_TIME_LOW / 4];
  return (uint64)reg[RTC_TIME_HIGH / 4] << 32 | low;
}
