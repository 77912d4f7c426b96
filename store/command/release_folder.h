/* release_folder.h - releases/APP beside the registry: the copies of an app's releases, and the lock that whoever changes
 * the app's Machines as a whole holds. Copies are directories named by their SHA-256; whatever begins with a dot is half
 * made or half removed, and goes when the folder is opened next. */
#ifndef COMMAND_RELEASE_FOLDER_H
#define COMMAND_RELEASE_FOLDER_H

#include <stdbool.h>

struct registry;

struct release_folder {
	const char *registry; /* its path; borrowed */
	const char *app;      /* borrowed */
	int fd;
};

/* Only one at a time has it, until release_folder_close(). 0, or 1 after a sentence. */
int release_folder_open(struct release_folder *folder, const char *registry, const char *app);
/* The same for who only changes Machines: nothing is made, and of an app without a folder there is nothing to hold. */
int release_folder_hold(struct release_folder *folder, const char *registry, const char *app);
void release_folder_close(struct release_folder *folder);

bool release_folder_has(const struct release_folder *folder, const char *image);
/* Removes the copies that no Machine runs from and none of the newest releases is. 0, or 1 after a sentence. */
int release_folder_tidy(const struct release_folder *folder, struct registry *registry);
/* All of it, when the app is gone. */
void release_folder_remove(const char *registry, const char *app);
/* An empty directory that is there now; its descriptor, or -1 with errno. */
int release_folder_make(int directory, const char *name);

#endif
