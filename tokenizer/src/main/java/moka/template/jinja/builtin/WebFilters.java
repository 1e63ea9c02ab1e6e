package moka.template.jinja.builtin;

import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.IntStream;
import moka.template.jinja.value.Arguments;
import moka.template.jinja.value.Dict;
import moka.template.jinja.value.DictView;
import moka.template.jinja.value.IntegerValue;
import moka.template.jinja.value.JinjaException;
import moka.template.jinja.value.Markup;
import moka.template.jinja.value.NoneValue;
import moka.template.jinja.value.Numbers;
import moka.template.jinja.value.PythonPrinting;
import moka.template.jinja.value.Run;
import moka.template.jinja.value.Splitting;
import moka.template.jinja.value.Text;
import moka.template.jinja.value.TextBuilder;
import moka.template.jinja.value.Undefined;
import moka.template.jinja.value.Value;

/** Filters of the language that come from its life as a maker of web pages; no published chat template uses them. */
final class WebFilters {
    private WebFilters() {}

    static Value apply(String name, Value input, Arguments arguments, Run run) {
        return switch (name) {
            case "urlencode" -> urlEncode(input, run);
            case "urlize" -> urlize(input.text(run), run);
            case "wordcount" -> IntegerValue.of(countWords(input.text(run).chars(), run));
            case "wordwrap" -> wordWrap(input, arguments, run);
            default -> {
                var bound = arguments.bind("xmlattr", 0, "autospace");
                yield xmlAttributes(input, bound[0] == null || bound[0].isTrue(), run);
            }
        };
    }

    private static Value urlEncode(Value input, Run run) {
        if (input instanceof Text || !input.isIterable()) {
            return quote(input.text(run), false, run);
        }
        List<Value> pairs = input instanceof Dict dict ? new DictView(dict, DictView.Part.ITEMS).elements(run) : input.elements(run);
        var out = new TextBuilder(run);
        for (Value pair : pairs) {
            List<Value> parts = pair.elements(run);
            if (parts.size() != 2) {
                throw JinjaException.value("urlencode takes pairs of a name and a value");
            }
            out.append(out.length() == 0 ? "" : "&");
            out.append(quote(parts.get(0).text(run), true, run)).append("=").append(quote(parts.get(1).text(run), true, run));
        }
        return out.toText();
    }

    private static Text quote(Text text, boolean inQuery, Run run) {
        run.charge(3L * text.chars().length());
        var out = new StringBuilder();
        for (byte octet : text.chars().getBytes(StandardCharsets.UTF_8)) {
            int one = octet & 0xff;
            if (one < 0x80 && (Character.isLetterOrDigit(one) || "_.-~".indexOf(one) >= 0) || one == '/' && !inQuery) {
                out.append((char) one);
            } else if (one == ' ' && inQuery) {
                out.append('+');
            } else {
                out.append('%').append(Character.forDigit(one >> 4, 16)).append(Character.forDigit(one & 15, 16));
                int length = out.length();
                out.replace(length - 2, length, out.substring(length - 2).toUpperCase(java.util.Locale.ROOT));
            }
        }
        return text.derived(out.toString()).asPlain();
    }

    private static int countWords(String chars, Run run) {
        run.steps(chars.length() >> 4);
        int count = 0;
        boolean inWord = false;
        for (int i = 0; i < chars.length(); i += Character.charCount(chars.codePointAt(i))) {
            boolean letter = Character.isLetterOrDigit(chars.codePointAt(i)) || chars.charAt(i) == '_';
            count += letter && !inWord ? 1 : 0;
            inWord = letter;
        }
        return count;
    }

    private static Value wordWrap(Value input, Arguments arguments, Run run) {
        var bound = arguments.bind("wordwrap", 0, "width", "break_long_words", "wrapstring", "break_on_hyphens");
        int width = bound[0] == null ? 79 : Math.clamp(Numbers.longArgument(bound[0]), 0, Integer.MAX_VALUE);
        boolean breakWords = bound[1] == null || bound[1].isTrue();
        Text newLine = bound[2] == null || bound[2] == NoneValue.NONE ? Text.trusted("\n") : bound[2].text(run);
        boolean atHyphens = bound[3] == null || bound[3].isTrue();
        if (input instanceof Undefined undefined) {
            throw undefined.failure();
        }
        if (!(input instanceof Text text)) {
            throw new JinjaException(
                    JinjaException.Kind.UNDEFINED, "'" + input.typeName() + "' object has no attribute 'splitlines'");
        }
        if (width == 0) {
            throw JinjaException.value("invalid width 0 (must be > 0)");
        }
        var out = new TextBuilder(run);
        boolean first = true;
        for (Value line : Splitting.lines(text, false, run).values()) {
            out.append(first ? Text.EMPTY : newLine);
            first = false;
            boolean firstPart = true;
            for (Text part : wrap((Text) line, width, breakWords, atHyphens, run)) {
                out.append(firstPart ? Text.EMPTY : newLine).append(part);
                firstPart = false;
            }
        }
        return out.toText();
    }

    /** Lines of at most a width, as Python's {@code textwrap} breaks them: at blanks and after hyphens inside words. */
    private static List<Text> wrap(Text line, int width, boolean breakWords, boolean atHyphens, Run run) {
        int[] ends = chunkEnds(line.chars(), atHyphens, run);
        var lines = new ArrayList<Text>();
        int at = 0;
        int next = 0;
        while (next < ends.length) {
            if (!lines.isEmpty() && isBlank(line, at)) {
                at = ends[next++];
                continue;
            }
            int begin = at;
            int last = at;
            int room = width;
            while (next < ends.length && fits(line.chars(), at, ends[next], room)) {
                room -= line.chars().codePointCount(at, ends[next]);
                last = at;
                at = ends[next++];
            }
            if (next < ends.length && !fits(line.chars(), at, ends[next], width)) {
                if (breakWords) {
                    last = at;
                    at = line.chars().offsetByCodePoints(at, Math.max(1, room));
                } else if (at == begin) {
                    at = ends[next++];
                }
            }
            int end = isBlank(line, last) ? last : at;
            if (end > begin) {
                run.charge(16);
                lines.add(line.part(begin, end));
            }
        }
        return lines;
    }

    private static boolean isBlank(Text line, int at) {
        return PythonPrinting.isSpace(line.chars().charAt(at));
    }

    private static boolean fits(String chars, int begin, int end, int room) {
        return end - begin <= room || (end - begin) / 2 <= room && chars.codePointCount(begin, end) <= room;
    }

    private static int[] chunkEnds(String chars, boolean atHyphens, Run run) {
        run.charge(2L * chars.length());
        var ends = IntStream.builder();
        int begin = 0;
        for (int i = 1; i <= chars.length(); i++) {
            boolean edge = i == chars.length()
                    || PythonPrinting.isSpace(chars.charAt(i)) != PythonPrinting.isSpace(chars.charAt(i - 1))
                    || atHyphens
                            && chars.charAt(i - 1) == '-'
                            && i - 2 >= begin
                            && Character.isLetter(chars.charAt(i - 2))
                            && Character.isLetter(chars.charAt(i));
            if (edge) {
                ends.add(i);
                begin = i;
            }
        }
        return ends.build().toArray();
    }

    private static Value xmlAttributes(Value input, boolean leadingBlank, Run run) {
        if (input instanceof Undefined undefined) {
            throw undefined.failure();
        }
        if (!(input instanceof Dict dict)) {
            throw new JinjaException(JinjaException.Kind.UNDEFINED, "'" + input.typeName() + "' object has no attribute 'items'");
        }
        var out = new TextBuilder(run);
        for (Dict.Entry entry : dict.entries()) {
            if (entry.value() == NoneValue.NONE || entry.value() instanceof Undefined) {
                continue;
            }
            Text key = entry.key().text(run);
            if (key.chars().chars().anyMatch(one -> PythonPrinting.isSpace(one) || "/>=".indexOf(one) >= 0)) {
                throw JinjaException.value("Invalid character in attribute name: '" + key + "'");
            }
            out.append(out.length() > 0 || leadingBlank ? " " : "");
            out.append(Markup.escape(key, run)).append("=\"").append(Markup.escape(entry.value().text(run), run)).append("\"");
        }
        return run.autoescape() ? out.toText().asMarkup() : out.toText();
    }

    /** Makes links of words that begin with {@code http://}, {@code https://} or {@code www.} and name a host. */
    private static Value urlize(Text text, Run run) {
        Text escaped = Markup.escape(text, run);
        String chars = escaped.chars();
        var out = new TextBuilder(run);
        int begin = 0;
        for (int i = 0; i <= chars.length(); i++) {
            if (i == chars.length() || PythonPrinting.isSpace(chars.charAt(i))) {
                Text word = escaped.part(begin, i);
                if (isLink(word.chars())) {
                    Text address = word.chars().startsWith("www.") ? new TextBuilder(run).append("https://").append(word).toText() : word;
                    out.append("<a href=\"").append(address).append("\" rel=\"noopener\">").append(word).append("</a>");
                } else {
                    out.append(word);
                }
                out.append(escaped, i, Math.min(i + 1, chars.length()));
                begin = i + 1;
            }
        }
        return run.autoescape() ? out.toText().asMarkup() : out.toText().asPlain();
    }

    private static boolean isLink(String word) {
        int begin = word.startsWith("https://") ? 8 : word.startsWith("http://") ? 7 : word.startsWith("www.") ? 4 : -1;
        int end = Math.max(begin, 0);
        while (begin > 0 && end < word.length() && ":/?#".indexOf(word.charAt(end)) < 0) {
            end++;
        }
        String host = begin > 0 ? word.substring(begin, end) : "";
        String topLevel = host.substring(host.lastIndexOf('.') + 1);
        return topLevel.length() >= 2 && topLevel.chars().allMatch(one -> one >= 'a' && one <= 'z');
    }
}
