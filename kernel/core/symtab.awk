# From `nm -n` of the linked kernel to the assembler source of its symbol table, which core/panic.c reads to print
# back traces by name. The table sits behind the code (kernel.ld), so that linking it in moves no function.
#
#   uint32  how many
#   uint32  offset of the function from text_start, offset of its name from the first name    one pair a function
#   char[]  the names, each ended by a zero
#
# Addresses stay text: awk's numbers do not hold 64 bits, and the assembler subtracts better.

$3 == "text_start" { start = $1 }
$3 == "text_end" { end = $1 }
$2 ~ /^[tT]$/ && $3 ~ /^[A-Za-z_]/ { addr[n] = $1; name[n++] = $3 }

END {
  print ".section .symtab_names, \"a\"\n.balign 4\n.4byte count"
  for(i = 0; i < n; i++) {
    if(addr[i] < start || addr[i] >= end || name[i] == "text_start")
      continue
    printf ".4byte 0x%s - 0x%s, %d\n", addr[i], start, at
    text = text ".asciz \"" name[i] "\"\n"
    at += length(name[i]) + 1
    count++
  }
  printf "%s.balign 4\n.set count, %d\n", text, count
}
