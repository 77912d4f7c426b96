# Writes OUT: FILE as the bytes that lookup_object.h declares, aligned as an ELF header wants to be.
file(READ ${FILE} hex HEX)
string(REGEX REPLACE "([0-9a-f][0-9a-f])" "0x\\1," bytes "${hex}")
file(WRITE ${OUT} "#include \"lookup_object.h\"\n
_Alignas(8) const unsigned char lookup_object[] = {${bytes}};
const size_t lookup_object_size = sizeof lookup_object;\n")
