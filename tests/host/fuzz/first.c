// Linked in front of all that belongs to the machine: its .data and .bss begin here. See driver.c.
char fuzz_data_first[16] = { 1 };
char fuzz_bss_first[16];
