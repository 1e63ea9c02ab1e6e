package moka.template.jinja.builtin;

import java.util.Set;
import moka.template.jinja.value.Arguments;
import moka.template.jinja.value.JinjaException;
import moka.template.jinja.value.Run;
import moka.template.jinja.value.Value;

/** All filters, by name. */
public final class Filters {
    private static final Set<String> NAMES = Set.of(
            "abs", "attr", "batch", "capitalize", "center", "count", "d", "default", "dictsort", "e", "escape", "filesizeformat", "first",
            "float", "forceescape", "format", "from_json", "fromjson", "groupby", "indent", "int", "items", "join", "last", "length",
            "list", "lower", "map", "max", "min", "pprint", "random", "reject", "rejectattr", "replace", "reverse", "round", "safe",
            "select", "selectattr", "slice", "sort", "string", "striptags", "sum", "title", "tojson", "trim", "truncate", "unique",
            "upper", "urlencode", "urlize", "wordcount", "wordwrap", "xmlattr");

    private Filters() {}

    public static boolean exist(String name) {
        return NAMES.contains(name);
    }

    /** All names, for the test that keeps this list and the implementations together. */
    public static Set<String> names() {
        return NAMES;
    }

    /** Applies a filter. @throws JinjaException if there is none of that name, or it fails */
    public static Value apply(String name, Value input, Arguments arguments, Run run) {
        run.step();
        return switch (name) {
            case "tojson" -> JsonWriter.filter(input, arguments, run);
            case "from_json", "fromjson" -> JsonReader.filter(input, run);
            case "abs", "int", "float", "round", "filesizeformat" -> NumberFilters.apply(name, input, arguments, run);
            case "default", "d", "attr", "length", "count", "list", "first", "last", "reverse", "items", "random", "pprint" ->
                ValueFilters.apply(name, input, arguments, run);
            case "dictsort", "groupby", "max", "min", "sort", "sum", "unique" -> OrderFilters.apply(name, input, arguments, run);
            case "batch", "map", "reject", "rejectattr", "select", "selectattr", "slice", "join" ->
                SequenceFilters.apply(name, input, arguments, run);
            case "trim", "upper", "lower", "string", "safe", "replace", "title", "capitalize", "center", "indent", "format", "escape", "e",
                    "forceescape", "striptags", "truncate" ->
                TextFilters.apply(name, input, arguments, run);
            case "urlencode", "urlize", "wordcount", "wordwrap", "xmlattr" -> WebFilters.apply(name, input, arguments, run);
            default -> throw JinjaException.runtime("No filter named '" + name + "'.");
        };
    }
}
