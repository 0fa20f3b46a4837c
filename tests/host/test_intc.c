#include "fixture.h"
#include "card82540.h"
#include "dev/intc.h"

static char order[32];  // a letter for each call of a handler

static void
handler(void *arg)
{
  uint n = strlen(order);
  order[n] = *(const char *)arg;
  order[n + 1] = 0;
  CHECK(host_completed != 7);  // its line is completed after all of its handlers
}

// A line that is raised calls all its handlers, in the order in which they came, and is then completed; no other line's are called.
TEST(intc_shared_line)
{
  CHECK_EQ(irq_alloc(7, 0, handler, "a", "one"), 0);
  CHECK_EQ(irq_alloc(8, 0, handler, "x", "other line"), 0);
  CHECK_EQ(irq_alloc(7, 0, handler, "b", "two"), 0);
  host_irq(7);
  CHECK_TEXT(order, "ab");
  CHECK_EQ(host_completed, 7);
  struct irq_state s;
  irq_state(7, &s);
  CHECK_EQ(s.count.claims, 1);
  CHECK_EQ(s.count.completes, 1);
  CHECK_EQ(s.enabled, 1);
  irq_state(8, &s);
  CHECK_EQ(s.count.claims, 0);
}

// A claim that finds nothing, or a line that there is not, calls nobody and completes nothing.
TEST(intc_nothing_to_claim)
{
  CHECK_EQ(irq_alloc(7, 0, handler, "a", "one"), 0);
  host_irq(0);
  host_irq(NIRQ);
  CHECK_TEXT(order, "");
  CHECK_EQ(host_completed, 0);
}

// A line is on for the hart that its first handler asked for, and for no other.
TEST(intc_hart)
{
  ncpu = 3;
  CHECK_EQ(irq_alloc(7, 2, handler, "a", "one"), 0);
  CHECK_EQ(irq_alloc(7, 1, handler, "b", "two"), 0);
  CHECK_EQ(host_enabled[7], 1 + 2);
  struct irq_state s;
  irq_state(7, &s);
  CHECK_EQ(s.enabled, 1);
  CHECK_EQ(irq_alloc(9, 3, handler, "a", "one"), -EINVAL);
  CHECK_EQ(irq_alloc(9, -1, handler, "a", "one"), -EINVAL);
  CHECK_EQ(host_enabled[9], 0);
}

// The fifth handler of a line is refused with a sentence; so is a line that there is not.
TEST(intc_refused)
{
  for(int i = 0; i < 4; i++)
    CHECK_EQ(irq_alloc(7, 0, handler, "a", "one"), 0);
  CHECK_EQ(irq_alloc(7, 0, handler, "b", "fifth"), -ENOSPC);
  check_said("no room for fifth's\n");
  CHECK_EQ(irq_alloc(0, 0, handler, "b", "none"), -EINVAL);
  CHECK_EQ(irq_alloc(NIRQ, 0, handler, "b", "none"), -EINVAL);
  host_irq(7);
  CHECK_TEXT(order, "aaaa");
}
