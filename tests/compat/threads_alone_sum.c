int
threads_alone_sum(int a, int b)
{
  return a + b;  // not main(a, b)
}
