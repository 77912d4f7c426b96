/* completion.c - flycast completion: scripts that make shells ask complete.h what may come next. */
#include <stdio.h>
#include <string.h>

#include "command/call.h"
#include "command/commands.h"
#include "command/say.h"

/* bash splits a word at = and :, so both are put together again, and only what follows the = is given back. */
static const char bash_script[] = "# flycast completion bash: made by flycast, which is asked for everything.\n"
                                  "_flycast() {\n"
                                  "\tlocal i word last='' glue='' lines code=0\n"
                                  "\tlocal -a words=()\n"
                                  "\tfor ((i = 1; i <= COMP_CWORD; i++)); do\n"
                                  "\t\tword=${COMP_WORDS[i]}\n"
                                  "\t\tif [[ $glue || ($word == [=:]* && ${#words[@]} -gt 0) ]]; then\n"
                                  "\t\t\twords[-1]+=$word\n"
                                  "\t\telse\n"
                                  "\t\t\twords+=(\"$word\")\n"
                                  "\t\tfi\n"
                                  "\t\t[[ $word == *[=:] ]] && glue=1 || glue=''\n"
                                  "\tdone\n"
                                  "\tlast=${words[-1]}\n"
                                  "\tlines=$(\"${COMP_WORDS[0]}\" __complete \"${words[@]}\" 2>/dev/null) || code=$?\n"
                                  "\tCOMPREPLY=()\n"
                                  "\tif [[ $code -eq 3 ]]; then\n"
                                  "\t\tcompopt -o default\n"
                                  "\t\treturn\n"
                                  "\tfi\n"
                                  "\twhile IFS=$'\\t' read -r word _; do\n"
                                  "\t\t[[ $word ]] || continue\n"
                                  "\t\t[[ $last == *=* ]] && word=${word#*=}\n"
                                  "\t\t[[ $last == *:* ]] && word=${word#\"${last%\"${last##*:}\"}\"}\n"
                                  "\t\tCOMPREPLY+=(\"$word\")\n"
                                  "\tdone <<<\"$lines\"\n"
                                  "}\n"
                                  "complete -F _flycast flycast\n";

static const char zsh_script[] =
    "#compdef flycast\n"
    "# flycast completion zsh: made by flycast, which is asked for everything.\n"
    "_flycast() {\n"
    "\tlocal lines line code=0\n"
    "\tlocal -a found\n"
    "\tlines=$(\"${words[1]}\" __complete \"${(@)words[2,CURRENT]}\" 2>/dev/null) || code=$?\n"
    "\tif [[ $code -eq 3 ]]; then\n"
    "\t\t_files\n"
    "\t\treturn\n"
    "\tfi\n"
    "\tfor line in ${(f)lines}; do\n"
    "\t\tfound+=(\"${${line%%$'\\t'*}//:/\\\\:}:${line#*$'\\t'}\")\n"
    "\tdone\n"
    "\t_describe -V flycast found\n"
    "}\n"
    "if [[ ${funcstack[1]} == _flycast ]]; then\n"
    "\t_flycast \"$@\"\n"
    "else\n"
    "\tcompdef _flycast flycast\n"
    "fi\n";

static const char fish_script[] = "# flycast completion fish: made by flycast, which is asked for everything.\n"
                                  "function __flycast_complete\n"
                                  "\tset -l words (commandline -opc)\n"
                                  "\tset -l last (commandline -ct)\n"
                                  "\tset -l lines ($words[1] __complete $words[2..] \"$last\" 2>/dev/null)\n"
                                  "\tif test $status -eq 3\n"
                                  "\t\t__fish_complete_path \"$last\"\n"
                                  "\telse\n"
                                  "\t\tprintf '%s\\n' $lines\n"
                                  "\tend\n"
                                  "end\n"
                                  "complete -c flycast -f -a '(__flycast_complete)'\n";

static int completion(struct call *call)
{
	static const char *const scripts[][2] = {{"bash", bash_script}, {"zsh", zsh_script}, {"fish", fish_script}};
	for (size_t i = 0; i < sizeof scripts / sizeof scripts[0]; i++) {
		if (strcmp(call->args[0], scripts[i][0]) != 0)
			continue;
		fputs(scripts[i][1], stdout);
		return 0;
	}
	return say_misuse(call, "there is no completion for \"%.40s\": bash, zsh and fish have one", call->args[0]);
}

const struct command completion_command = {
    .name = "completion",
    .args = "SHELL",
    .summary = "Print what makes bash, zsh or fish complete the words of flycast",
    .details = "It is installed where these shells look for it. Commands and flags are those of the program itself;\n"
               "apps, Machines and other names are those of the registry.",
    .examples = "source <(flycast completion bash)\n"
                "flycast completion zsh >~/.zsh/completions/_flycast\n"
                "flycast completion fish >~/.config/fish/completions/flycast.fish",
    .min_args = 1,
    .max_args = 1,
    .run = completion};
