package moka.template.jinja.value;

import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/** The methods of texts. Every part of a result keeps the trust of the characters it came from. */
public final class TextMethods {
    static final Set<String> NAMES = Set.of(
            "capitalize", "casefold", "center", "count", "encode", "endswith", "expandtabs", "find", "format", "format_map", "index",
            "isalnum", "isalpha", "isascii", "isdecimal", "isdigit", "isidentifier", "islower", "isnumeric", "isprintable", "isspace",
            "istitle", "isupper", "join", "ljust", "lower", "lstrip", "partition", "removeprefix", "removesuffix", "replace", "rfind",
            "rindex", "rjust", "rpartition", "rsplit", "rstrip", "split", "splitlines", "startswith", "strip", "swapcase", "title",
            "upper", "zfill", "unescape", "striptags");

    private TextMethods() {}

    static Value call(Text self, String name, Arguments arguments, Run run) {
        run.steps(self.chars().length() >> 3);
        return switch (name) {
            case "strip", "lstrip", "rstrip" -> {
                arguments.checkPositional(name, 0, 1);
                yield strip(self, arguments.positionalCount() == 0 ? null : arguments.positional(0), name);
            }
            case "split", "rsplit" -> {
                var bound = arguments.bind("str." + name, 0, "sep", "maxsplit");
                yield Splitting.split(self, bound[0], bound[1], name.equals("rsplit"), run);
            }
            case "splitlines" -> {
                var bound = arguments.bind("splitlines", 0, "keepends");
                yield Splitting.lines(self, bound[0] != null && bound[0].isTrue(), run);
            }
            case "partition", "rpartition" -> Splitting.partition(self, text(arguments, 0, name, 1), name.equals("rpartition"));
            case "startswith", "endswith" -> BooleanValue.of(Searching.begins(self, arguments, name));
            case "find", "rfind", "index", "rindex", "count" -> Searching.search(self, arguments, name);
            case "replace" -> {
                arguments.checkPositional("replace", 2, 3);
                long limit = arguments.positionalCount() > 2 ? Numbers.longArgument(arguments.positional(2)) : -1;
                Text with = text(arguments, 1, name, 3);
                yield replace(self, text(arguments, 0, name, 3), self.isMarkup() ? Markup.escape(with, run) : with, limit, run);
            }
            case "removeprefix", "removesuffix" -> {
                String affix = text(arguments, 0, name, 1).chars();
                String chars = self.chars();
                boolean prefix = name.equals("removeprefix");
                yield prefix ? chars.startsWith(affix) ? self.part(affix.length(), chars.length()) : self
                        : chars.endsWith(affix) ? self.part(0, chars.length() - affix.length()) : self;
            }
            case "join" -> {
                arguments.checkPositional("str.join", 1, 1);
                yield join(self, arguments.positional(0).elements(run), run);
            }
            case "format" -> BraceFormat.format(self, arguments, run);
            case "format_map" -> {
                arguments.checkPositional("format_map", 1, 1);
                yield formatMap(self, arguments.positional(0), run);
            }
            case "center", "ljust", "rjust" -> {
                arguments.checkPositional(name, 1, 2);
                Text fill = arguments.positionalCount() > 1 ? text(arguments, 1, name, 2) : Text.trusted(" ");
                yield justify(self, Numbers.longArgument(arguments.positional(0)), self.isMarkup() ? Markup.escape(fill, run) : fill, name, run);
            }
            case "zfill" -> {
                arguments.checkPositional("str.zfill", 1, 1);
                yield zeroFill(self, Numbers.longArgument(arguments.positional(0)), run);
            }
            case "expandtabs" -> {
                var bound = arguments.bind("expandtabs", 0, "tabsize");
                yield expandTabs(self, bound[0] == null ? 8 : Numbers.longArgument(bound[0]), run);
            }
            case "encode" -> encode(self, arguments);
            default -> {
                arguments.checkPositional("str." + name + "()", 0, 0);
                yield simple(self, name, run);
            }
        };
    }

    /** Methods without arguments. */
    private static Value simple(Text self, String name, Run run) {
        run.charge(self.chars().length());
        return switch (name) {
            case "upper" -> Letters.upper(self);
            case "lower" -> Letters.lower(self);
            case "title" -> Letters.title(self);
            case "capitalize" -> Letters.capitalize(self);
            case "swapcase" -> Letters.swapCase(self);
            case "casefold" -> Letters.caseFold(self);
            case "isupper", "islower" -> BooleanValue.of(Letters.isCase(self.chars(), name.equals("isupper")));
            case "istitle" -> BooleanValue.of(Letters.isTitle(self.chars()));
            case "isidentifier" -> BooleanValue.of(Letters.isIdentifier(self.chars()));
            case "isascii" -> BooleanValue.of(self.chars().chars().allMatch(one -> one < 0x80));
            case "isprintable" -> BooleanValue.of(!self.isTrue() || Letters.all(name, self.chars()));
            case "unescape" -> self.derived(Markup.unescape(self.chars())).asPlain();
            case "striptags" -> Markup.stripTags(self, run);
            default -> BooleanValue.of(Letters.all(name, self.chars()));
        };
    }

    /** A text argument. @throws JinjaException if it is missing or no text */
    static Text text(Arguments arguments, int index, String method, int most) {
        arguments.checkPositional(method, index + 1, most);
        if (arguments.positional(index) instanceof Undefined undefined) {
            throw undefined.failure();
        }
        if (!(arguments.positional(index) instanceof Text text)) {
            throw JinjaException.type(
                    method + "() argument " + (index + 1) + " must be str, not " + arguments.positional(index).typeName());
        }
        return text;
    }

    /** Removes white space, or the given characters, from the ends. @param side strip, lstrip or rstrip */
    public static Text strip(Text self, @Nullable Value unwanted, String side) {
        if (unwanted != null && unwanted != NoneValue.NONE && !(unwanted instanceof Text)) {
            throw JinjaException.type(side + " arg must be None or str");
        }
        String set = unwanted instanceof Text text ? text.chars() : null;
        String chars = self.chars();
        int begin = 0;
        int end = chars.length();
        while (!side.equals("rstrip") && begin < end) {
            int point = chars.codePointAt(begin);
            if (set == null ? !PythonPrinting.isSpace(point) : set.indexOf(point) < 0) {
                break;
            }
            begin += Character.charCount(point);
        }
        while (!side.equals("lstrip") && end > begin) {
            int point = chars.codePointBefore(end);
            if (set == null ? !PythonPrinting.isSpace(point) : set.indexOf(point) < 0) {
                break;
            }
            end -= Character.charCount(point);
        }
        return self.part(begin, end);
    }

    /** Replaces the first so many occurrences, all if the limit is negative. */
    public static Text replace(Text self, Text old, Text with, long limit, Run run) {
        String chars = self.chars();
        String search = old.chars();
        var out = new TextBuilder(run);
        int plain = 0;
        long left = limit < 0 ? Long.MAX_VALUE : limit;
        int from = 0;
        while (left-- > 0) {
            int at = search.isEmpty() ? from : Occurrences.first(chars, search, from);
            if (at < 0 || at > chars.length()) {
                break;
            }
            run.step();
            out.append(self, plain, at).append(with);
            plain = at + search.length();
            from = search.isEmpty() ? at + (at < chars.length() ? Character.charCount(chars.codePointAt(at)) : 1) : plain;
        }
        var replaced = out.append(self, plain, chars.length()).toText();
        return self.isMarkup() ? replaced.asMarkup() : replaced;
    }

    private static Text join(Text separator, List<Value> parts, Run run) {
        var out = new TextBuilder(run);
        for (int i = 0; i < parts.size(); i++) {
            if (!(parts.get(i) instanceof Text) && !separator.isMarkup()) {
                throw JinjaException.type("sequence item " + i + ": expected str instance, " + parts.get(i).typeName() + " found");
            }
            Text part = parts.get(i).text(run);
            if (i > 0) {
                out.append(separator);
            }
            out.append(separator.isMarkup() ? Markup.escape(part, run) : part);
        }
        return separator.isMarkup() ? out.toText().asMarkup() : out.toText();
    }

    private static Text formatMap(Text self, Value values, Run run) {
        if (!(values instanceof Dict dict)) {
            throw JinjaException.type("format_map expects a mapping, not " + values.typeName());
        }
        var named = Arguments.NONE;
        for (Dict.Entry entry : dict.entries()) {
            if (entry.key() instanceof Text key) {
                named = named.with(key.chars(), entry.value());
            }
        }
        return BraceFormat.format(self, named, run);
    }

    /** Pads to a width. @param side center, ljust or rjust */
    public static Text justify(Text self, long width, Text fill, String side, Run run) {
        if (fill.length() != 1 && !self.isMarkup()) {
            throw JinjaException.type("The fill character must be exactly one character long");
        }
        long missing = Math.max(0, width - self.length());
        // Python puts the odd blank to the left where the width is odd.
        long left = side.equals("rjust") ? missing : side.equals("ljust") ? 0 : missing / 2 + (missing & width & 1);
        var out = new TextBuilder(run).repeat(fill, left).append(self).repeat(fill, missing - left).toText();
        return self.isMarkup() ? out.asMarkup() : out;
    }

    private static Text zeroFill(Text self, long width, Run run) {
        String chars = self.chars();
        int sign = !chars.isEmpty() && (chars.charAt(0) == '-' || chars.charAt(0) == '+') ? 1 : 0;
        var out = new TextBuilder(run).append(self, 0, sign).repeat(Text.trusted("0"), width - self.length());
        return out.append(self, sign, chars.length()).toText();
    }

    private static Text expandTabs(Text self, long size, Run run) {
        var out = new TextBuilder(run);
        long column = 0;
        String chars = self.chars();
        for (int i = 0; i < chars.length(); i++) {
            if (chars.charAt(i) == '\t') {
                long blanks = size <= 0 ? 0 : size - column % size;
                out.repeat(Text.trusted(" "), blanks);
                column += blanks;
            } else {
                out.append(self, i, i + 1);
                column = chars.charAt(i) == '\n' || chars.charAt(i) == '\r' ? 0 : column + 1;
            }
        }
        return out.toText();
    }

    private static Value encode(Text self, Arguments arguments) {
        var bound = arguments.bind("encode", 0, "encoding", "errors");
        String encoding = bound[0] instanceof Text name ? name.chars().toLowerCase(java.util.Locale.ROOT).replace("_", "-") : "utf-8";
        var charset = switch (encoding) {
            case "utf-8", "utf8" -> StandardCharsets.UTF_8;
            case "ascii", "us-ascii" -> StandardCharsets.US_ASCII;
            case "latin-1", "latin1", "iso-8859-1" -> StandardCharsets.ISO_8859_1;
            default -> throw JinjaException.value("unknown encoding: " + encoding);
        };
        byte[] bytes = self.chars().getBytes(charset);
        return new Bytes(self.derived(new String(bytes, StandardCharsets.ISO_8859_1)).asPlain());
    }

    static Text decode(Bytes bytes) {
        byte[] octets = bytes.latin1().chars().getBytes(StandardCharsets.ISO_8859_1);
        return bytes.latin1().derived(new String(octets, StandardCharsets.UTF_8));
    }
}
