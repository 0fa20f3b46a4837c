// Linked behind all that belongs to the machine: its .data and .bss end here. See driver.c.
char fuzz_data_last[16] = { 1 };
char fuzz_bss_last[16];
