/* toml.cc - see toml.h. Nothing thrown leaves this file: an error in the text is a result, and memory that ran out ends
 * the process, as it does everywhere else. */
#include "command/toml.h"

#include <cmath>
#include <cstdio>
#include <sstream>
#include <string>
#include <toml++/toml.h>

namespace
{

json_t *value_of(const toml::node &node, const std::string &path, json_t *lines);

/* TOML may have a NUL, as \u0000; C strings may not. The line of the first one; 0: there is none. */
toml::source_index find_nul(const toml::node &node)
{
	if (const auto *text = node.as_string())
		return text->get().find('\0') == std::string::npos ? 0 : node.source().begin.line;
	if (const auto *list = node.as_array()) {
		for (auto &&item : *list)
			if (const auto line = find_nul(item))
				return line;
	} else if (const auto *table = node.as_table()) {
		for (auto &&[key, value] : *table) {
			if (key.str().find('\0') != std::string_view::npos)
				return key.source().begin.line;
			if (const auto line = find_nul(value))
				return line;
		}
	}
	return 0;
}

json_t *string_of(const std::string &text)
{
	return json_stringn(text.data(), text.size());
}

template <typename T> json_t *printed(const toml::value<T> &value)
{
	std::ostringstream out;
	out << value.get();
	return string_of(out.str());
}

json_t *table_of(const toml::table &table, const std::string &path, json_t *lines)
{
	json_t *object = json_object();
	for (auto &&[key, node] : table) {
		const std::string name(key.str());
		const std::string shown = name.empty() ? "\"\"" : name;
		const std::string inner = path.empty() ? shown : path + "." + shown;
		json_object_setn_new(object, name.data(), name.size(), value_of(node, inner, lines));
		/* A value knows where it begins, an implicit table does not; its key is on the line to look at. */
		const auto line = key.source().begin.line;
		json_object_setn_new(lines, inner.data(), inner.size(), json_integer(static_cast<json_int_t>(line)));
	}
	return object;
}

json_t *array_of(const toml::array &array, const std::string &path, json_t *lines)
{
	json_t *list = json_array();
	std::size_t i = 0;
	for (auto &&node : array) {
		const std::string inner = path + "[" + std::to_string(i++) + "]";
		json_array_append_new(list, value_of(node, inner, lines));
		const auto line = node.source().begin.line;
		json_object_setn_new(lines, inner.data(), inner.size(), json_integer(static_cast<json_int_t>(line)));
	}
	return list;
}

json_t *value_of(const toml::node &node, const std::string &path, json_t *lines)
{
	switch (node.type()) {
	case toml::node_type::table:
		return table_of(*node.as_table(), path, lines);
	case toml::node_type::array:
		return array_of(*node.as_array(), path, lines);
	case toml::node_type::string:
		return string_of(node.as_string()->get());
	case toml::node_type::integer:
		return json_integer(node.as_integer()->get());
	case toml::node_type::floating_point: {
		const double number = node.as_floating_point()->get();
		return std::isfinite(number) ? json_real(number) : printed(*node.as_floating_point());
	}
	case toml::node_type::boolean:
		return json_boolean(node.as_boolean()->get());
	case toml::node_type::date:
		return printed(*node.as_date());
	case toml::node_type::time:
		return printed(*node.as_time());
	case toml::node_type::date_time:
		return printed(*node.as_date_time());
	case toml::node_type::none:
		break;
	}
	return json_null();
}

json_t *read_text(std::string_view text, json_t **lines, int *line, char *why) noexcept
{
	*lines = nullptr;
	try {
		const toml::table table = toml::parse(text);
		*line = static_cast<int>(find_nul(table));
		if (*line == 0) {
			*lines = json_object();
			return table_of(table, "", *lines);
		}
		std::snprintf(why, TOML_WHY, "a NUL character is no part of a text");
	} catch (const toml::parse_error &error) {
		*line = static_cast<int>(error.source().begin.line);
		std::snprintf(why, TOML_WHY, "%.*s", static_cast<int>(error.description().size()),
		              error.description().data());
	}
	return nullptr;
}

} // namespace

extern "C" json_t *toml_read(const char *text, size_t len, json_t **lines, int *line, char *why)
{
	return read_text(std::string_view(text, len), lines, line, why);
}
