/* Text for programs. */
#ifndef LX_CLI_JSON_H
#define LX_CLI_JSON_H

/* A string on the standard output, quoted; bytes that are no UTF-8 become U+FFFD. */
void json_print_string(const char *s);

#endif
