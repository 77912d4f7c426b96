/* fly_toml.h - what flycast reads of a fly.toml. Owns nothing. */
#ifndef COMMAND_FLY_TOML_H
#define COMMAND_FLY_TOML_H

/* The value of the line `app = "..."` before the first table, to be freed; NULL: no such file or line. */
char *fly_toml_app(const char *path);

#endif
