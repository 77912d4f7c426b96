/* bundle.c - see bundle.h. */
#include "bundle.h"

#include <errno.h>
#include <jansson.h>
#include <sched.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "base/text.h"
#include "image.h"
#include "init/container.h"
#include "spec.h"

/* Of user 0 in the container. Another user keeps the first alone, so that it may listen on port 80 as well. */
static const char *const capabilities[] = {"CAP_NET_BIND_SERVICE", "CAP_CHOWN",  "CAP_DAC_OVERRIDE", "CAP_FOWNER",
                                           "CAP_FSETID",           "CAP_KILL",   "CAP_NET_RAW",      "CAP_SETFCAP",
                                           "CAP_SETGID",           "CAP_SETUID", "CAP_SYS_CHROOT"};
static const char *const masked[] = {
    "/proc/acpi",        "/proc/kcore", "/proc/keys",    "/proc/latency_stats", "/proc/timer_list", "/proc/timer_stats",
    "/proc/sched_debug", "/proc/scsi",  "/sys/firmware", "/sys/fs/selinux",     "/sys/dev/block"};
static const char *const fixed[] = {"/proc/asound", "/proc/bus", "/proc/fs",
                                    "/proc/irq",    "/proc/sys", "/proc/sysrq-trigger"};
/* Ways into the kernel that have let programs out of containers, and need no privilege or one that is taken anyway. */
static const char *const refused[] = {"acct",
                                      "add_key",
                                      "bpf",
                                      "delete_module",
                                      "finit_module",
                                      "fsconfig",
                                      "fsmount",
                                      "fsopen",
                                      "fspick",
                                      "init_module",
                                      "kexec_file_load",
                                      "kexec_load",
                                      "keyctl",
                                      "mount",
                                      "mount_setattr",
                                      "move_mount",
                                      "open_by_handle_at",
                                      "open_tree",
                                      "perf_event_open",
                                      "pivot_root",
                                      "quotactl",
                                      "reboot",
                                      "request_key",
                                      "setns",
                                      "swapoff",
                                      "swapon",
                                      "syslog",
                                      "umount2",
                                      "unshare",
                                      "userfaultfd"};

#define COUNT(list) (sizeof(list) / sizeof(list)[0])

static json_t *list_of(const char *const *words, size_t count)
{
	json_t *list = json_array();
	for (size_t i = 0; i < count; i++)
		json_array_append_new(list, json_string(words[i]));
	return list;
}

const char **bundle_words(const struct spec *spec, const struct image *image)
{
	static char *const nothing[] = {NULL};
	/* Whoever names an entrypoint does not want the image's command behind it. */
	char *const *lists[] = {spec->entrypoint ? spec->entrypoint : image->entrypoint,
	                        spec->command[0][0] ? spec->command
	                        : spec->entrypoint  ? nothing
	                                            : image->command};
	const char **words = NULL;
	size_t count = 0, room = 0;
	for (size_t i = 0; i < COUNT(lists); i++)
		for (char *const *at = lists[i]; *at; at++) {
			words = mem_grow((void *)words, count, &room, sizeof *words);
			words[count++] = *at;
		}
	words = mem_grow((void *)words, count, &room, sizeof *words);
	words[count] = NULL;
	return words;
}

/* ---------------------------------------------------------------------------------------- environment */

static void set_variable(json_t *env, const char *entry)
{
	size_t len = strcspn(entry, "=") + 1, i;
	json_t *item;
	json_array_foreach(env, i, item)
	{
		if (strncmp(json_string_value(item), entry, len) == 0) {
			json_array_set_new(env, i, json_string(entry));
			return;
		}
	}
	json_array_append_new(env, json_string(entry));
}

/* NULL: one of them is no text, which is in why. */
static json_t *environment_of(const struct bundle *b, struct text *why)
{
	struct text home = {0};
	json_t *env = json_array();
	set_variable(env, "PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin");
	text_format(&home, "HOME=%s", b->image->who.home ? b->image->who.home : "/");
	set_variable(env, home.at);
	text_free(&home);
	for (char *const *at = b->image->env; *at; at++)
		set_variable(env, *at);
	for (char *const *at = b->env; *at; at++) {
		json_t *probe = json_string(*at);
		if (!probe) {
			text_format(why, "the variable %.*s is not UTF-8, which a Machine of an image needs",
			            (int)strcspn(*at, "="), *at);
			json_decref(env);
			return NULL;
		}
		json_decref(probe);
		set_variable(env, *at);
	}
	return env;
}

/* ---------------------------------------------------------------------------------------- the rest */

static json_t *user_of(const struct image_user *who)
{
	json_t *groups = json_array();
	for (size_t i = 0; i < who->group_count; i++)
		json_array_append_new(groups, json_integer(who->groups[i]));
	return json_pack("{s:I,s:I,s:o}", "uid", (json_int_t)who->uid, "gid", (json_int_t)who->gid, "additionalGids",
	                 groups);
}

static json_t *capabilities_of(const struct image_user *who)
{
	static const char *const sets[] = {"bounding", "effective", "permitted", "inheritable", "ambient"};
	bool root = who->uid == 0;
	json_t *all = json_object();
	for (size_t i = 0; i < COUNT(sets); i++) {
		/* Root gains by being root; nobody else gains anything when a program is executed. */
		size_t count = !root ? 1 : i < 3 ? COUNT(capabilities) : 0;
		json_object_set_new(all, sets[i], list_of(capabilities, count));
	}
	return all;
}

static void add_mount(json_t *mounts, const char *type, const char *source, const char *target, const char *options)
{
	char copy[128], *rest = copy, *word;
	json_t *list = json_array();
	snprintf(copy, sizeof copy, "%s", options);
	while ((word = strsep(&rest, ",")))
		json_array_append_new(list, json_string(word));
	json_array_append_new(mounts, json_pack("{s:s,s:s,s:s,s:o}", "destination", target, "type", type, "source",
	                                        source, "options", list));
}

static json_t *mounts_of(const struct bundle *b)
{
	static const char *const places[] = {"hosts", "resolv.conf", "hostname"};
	json_t *mounts = json_array();
	add_mount(mounts, "proc", "proc", "/proc", "nosuid,noexec,nodev");
	add_mount(mounts, "tmpfs", "tmpfs", "/dev", "nosuid,strictatime,mode=755,size=65536k");
	add_mount(mounts, "devpts", "devpts", "/dev/pts", "nosuid,noexec,newinstance,ptmxmode=0666,mode=0620,gid=5");
	add_mount(mounts, "mqueue", "mqueue", "/dev/mqueue", "nosuid,noexec,nodev");
	add_mount(mounts, "tmpfs", "shm", "/dev/shm", "nosuid,noexec,nodev,mode=1777");
	add_mount(mounts, "sysfs", "sysfs", "/sys", "nosuid,noexec,nodev,ro");
	if (b->fly)
		add_mount(mounts, "bind", "/.fly", "/.fly", "bind,ro,nosuid,nodev,noexec");
	for (size_t i = 0; i < COUNT(places); i++) {
		struct text source = {0}, target = {0};
		text_format(&source, "%s/" CONTAINER_PLACES "/%s", b->scratch, places[i]);
		text_format(&target, "/etc/%s", places[i]);
		add_mount(mounts, "bind", source.at, target.at, "bind,ro");
		text_free(&source);
		text_free(&target);
	}
	return mounts;
}

/* What is refused looks forbidden; clone3 looks unknown, so that programs fall back to clone, whose flags can be seen. */
static json_t *seccomp_of(void)
{
	json_t *calls = json_pack("[{s:o,s:s,s:i},{s:[s],s:s,s:i,s:[{s:i,s:I,s:I,s:s}]},{s:[s],s:s,s:i}]", "names",
	                          list_of(refused, COUNT(refused)), "action", "SCMP_ACT_ERRNO", "errnoRet", EPERM,
	                          "names", "clone", "action", "SCMP_ACT_ERRNO", "errnoRet", EPERM, "args", "index", 0,
	                          "value", (json_int_t)CLONE_NEWUSER, "valueTwo", (json_int_t)CLONE_NEWUSER, "op",
	                          "SCMP_CMP_MASKED_EQ", "names", "clone3", "action", "SCMP_ACT_ERRNO", "errnoRet",
	                          ENOSYS);
	json_t *seccomp = json_pack("{s:s,s:o}", "defaultAction", "SCMP_ACT_ALLOW", "syscalls", calls);
#ifdef __x86_64__
	/* Programs of 32 bits run as well, under the same rules. */
	json_object_set_new(seccomp, "architectures",
	                    json_pack("[s,s,s]", "SCMP_ARCH_X86_64", "SCMP_ARCH_X86", "SCMP_ARCH_X32"));
#endif
	return seccomp;
}

static json_t *linux_of(void)
{
	return json_pack("{s:[{s:s}],s:o,s:o,s:o}", "namespaces", "type", "mount", "maskedPaths",
	                 list_of(masked, COUNT(masked)), "readonlyPaths", list_of(fixed, COUNT(fixed)), "seccomp",
	                 seccomp_of());
}

/* Before the program runs, and where its root is mounted already: flycast-init, which is process 1, takes its devices away. */
static json_t *hooks_of(const char *root)
{
	return json_pack("{s:[{s:s,s:[s,s,s]}]}", "createContainer", "path", "/proc/1/exe", "args", "flycast-init",
	                 CONTAINER_HOOK, root);
}

int bundle_config(const struct bundle *bundle, struct text *out, struct text *why)
{
	const struct image *image = bundle->image;
	json_t *env = environment_of(bundle, why);
	if (!env)
		return -1;
	const char **words = bundle_words(bundle->spec, image);
	size_t count = 0;
	while (words[count])
		count++;
	struct text root = {0};
	text_format(&root, "%s/" CONTAINER_ROOT, bundle->scratch);
	json_t *process = json_pack("{s:b,s:b,s:s,s:o,s:o,s:o,s:o}", "terminal", 0, "noNewPrivileges", 1, "cwd",
	                            *image->directory ? image->directory : "/", "user", user_of(&image->who), "args",
	                            list_of(words, count), "env", env, "capabilities", capabilities_of(&image->who));
	json_t *config = json_pack("{s:s,s:o,s:{s:s},s:o,s:o,s:o}", "ociVersion", "1.0.2", "process", process, "root",
	                           "path", root.at, "mounts", mounts_of(bundle), "linux", linux_of(), "hooks",
	                           hooks_of(root.at));
	char *text = json_dumps(config, JSON_COMPACT);
	json_decref(config);
	text_free(&root);
	free((void *)words);
	text_put(text ? out : why, text ? text : "the configuration of its runtime cannot be written");
	free(text);
	return text ? 0 : -1;
}
