// The terminal's last line: what a message of the kernel's has ended is written again, with the cursor where it was.
#include "fixture.h"
#include "dev/termline.h"

static char seen[2 * TERMLINE];
static uint nseen;

static void
see(int c)
{
  if(nseen < sizeof(seen) - 1)
    seen[nseen++] = c;
}

// What is shown again after `text` has been written.
static const char *
shown_after(const char *text)
{
  struct termline l = {0};
  nseen = 0;
  while(*text)
    termline_put(&l, *text++);
  termline_show(&l, see);
  seen[nseen] = 0;
  return seen;
}

TEST(termline_keeps_the_last_line)
{
  CHECK_TEXT(shown_after(""), "");
  CHECK_TEXT(shown_after("$ ls\n"), "");
  CHECK_TEXT(shown_after("one\n$ l"), "$ l");
  CHECK_TEXT(shown_after("50%\r75%"), "75%");
}

// An erased character is a blank, and the cursor is before it: as on the screen.
TEST(termline_follows_the_cursor)
{
  CHECK_TEXT(shown_after("$ lsx\b \b"), "$ ls \b");
  CHECK_TEXT(shown_after("abc\b\bX"), "aXc\b");
  CHECK_TEXT(shown_after("\b\ba"), "a");
}

// A character of several bytes has one column.
TEST(termline_utf8)
{
  CHECK_TEXT(shown_after("a\xc3\xa4\xe2\x82\xac\b\b"), "a\xc3\xa4\xe2\x82\xac\b\b");
  CHECK_TEXT(shown_after("a\xc3\xa4z\b\bx"), "axz\b");
  CHECK_TEXT(shown_after("axz\b\b\xe2\x82\xac"), "a\xe2\x82\xacz\b");
}

// What is too long, or came with escape sequences, is not shown again; the next line is.
TEST(termline_too_much)
{
  static char text[TERMLINE + 10];
  struct termline l = {0};
  memset(text, 'x', TERMLINE + 1);
  CHECK_TEXT(shown_after(text), "");
  memset(text, 'x', TERMLINE);
  text[TERMLINE] = 0;
  CHECK_TEXT(shown_after(text), text);
  CHECK_TEXT(shown_after("a\033[2J"), "");
  CHECK_TEXT(shown_after("a\033[2J\nb"), "b");
  CHECK_EQ(termline_empty(&l), 1);
  termline_put(&l, '\033');
  CHECK_EQ(termline_empty(&l), 0);
}
