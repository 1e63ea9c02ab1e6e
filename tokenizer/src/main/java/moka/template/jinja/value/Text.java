package moka.template.jinja.value;

import java.util.Arrays;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Text as Python sees it (a sequence of code points), which knows for every character whether the template wrote it or a message
 * did. Immutable. Equality and hash are those of the characters alone.
 */
public final class Text implements Value {
    static final int[] NONE = {};
    public static final Text EMPTY = Text.trusted("");

    private final String chars;
    /** Offsets of untrusted characters: begin, end, begin, end …, ascending, neither empty nor touching. */
    private final int[] untrusted;
    /** Whether this is Markup: text that escapes for HTML what is joined to it. */
    private final boolean markup;

    private Text(String chars, int[] untrusted, boolean markup) {
        this.chars = chars;
        this.untrusted = untrusted;
        this.markup = markup;
    }

    /** Text that the template itself wrote. */
    public static Text trusted(String chars) {
        return new Text(chars, NONE, false);
    }

    /** Text that came in with the messages, tools or variables. */
    public static Text untrusted(String chars) {
        return new Text(chars, chars.isEmpty() ? NONE : new int[] {0, chars.length()}, false);
    }

    static Text of(String chars, int[] untrusted, boolean markup) {
        return new Text(chars, untrusted, markup);
    }

    /** Characters made from this text in a way that keeps no track of positions: trusted only if all of this text is. */
    public Text derived(String result) {
        return new Text(result, untrusted.length == 0 || result.isEmpty() ? NONE : new int[] {0, result.length()}, markup);
    }

    /** As {@link #derived}, but where the lengths agree each character keeps its place. */
    Text mapped(String result) {
        return result.length() == chars.length() ? new Text(result, untrusted, markup) : derived(result);
    }

    public String chars() {
        return chars;
    }

    public boolean isTrusted() {
        return untrusted.length == 0;
    }

    /** Whether the template wrote the character at a UTF-16 offset. */
    public boolean isTrustedAt(int offset) {
        int at = Arrays.binarySearch(untrusted, offset);
        // An odd number of borders up to the offset means that it is inside of an untrusted range.
        return ((at >= 0 ? at + 1 : -at - 1) & 1) == 0;
    }

    /** The first offset behind a given one where trust changes, or the length. */
    public int trustChange(int offset) {
        int at = Arrays.binarySearch(untrusted, offset);
        int next = at >= 0 ? at + 1 : -at - 1;
        return next < untrusted.length ? untrusted[next] : chars.length();
    }

    int[] untrustedRanges() {
        return untrusted;
    }

    public boolean isMarkup() {
        return markup;
    }

    public Text asMarkup() {
        return markup ? this : new Text(chars, untrusted, true);
    }

    public Text asPlain() {
        return markup ? new Text(chars, untrusted, false) : this;
    }

    /** Part of this text between two UTF-16 offsets. */
    public Text part(int begin, int end) {
        if (begin == 0 && end == chars.length()) {
            return this;
        }
        return new Text(chars.substring(begin, end), clip(begin, end), markup);
    }

    private int[] clip(int begin, int end) {
        if (untrusted.length == 0 || begin == end) {
            return NONE;
        }
        if (untrusted.length == 2 && untrusted[0] <= begin && untrusted[1] >= end) {
            return new int[] {0, end - begin};
        }
        int first = rangeAt(begin);
        int last = first;
        while (last < untrusted.length && untrusted[last] < end) {
            last += 2;
        }
        var clipped = new int[last - first];
        for (int i = first; i < last; i += 2) {
            clipped[i - first] = Math.max(untrusted[i], begin) - begin;
            clipped[i - first + 1] = Math.min(untrusted[i + 1], end) - begin;
        }
        return clipped;
    }

    /** Index into the ranges of the first one that ends behind an offset. */
    int rangeAt(int offset) {
        int at = Arrays.binarySearch(untrusted, offset);
        // Borders up to the offset; an odd number of them means that the offset is inside of a range.
        int borders = at >= 0 ? at + 1 : -at - 1;
        return borders & ~1;
    }

    /** Number of code points. */
    @Override
    public int length() {
        return chars.codePointCount(0, chars.length());
    }

    /** UTF-16 offset of a code point index in [0, length()]. */
    public int offset(int index) {
        return length() == chars.length() ? index : chars.offsetByCodePoints(0, index);
    }

    /** Code point index of a UTF-16 offset. */
    public int index(int offset) {
        return chars.codePointCount(0, offset);
    }

    /** The code points as texts of their own, which are no Markup even if this is. */
    @Override
    public List<Value> elements(Run run) {
        int length = length();
        run.charge(16L * length);
        var elements = new Value[length];
        for (int offset = 0, i = 0; i < length; i++) {
            int end = offset + Character.charCount(chars.codePointAt(offset));
            elements[i] = part(offset, end).asPlain();
            offset = end;
        }
        return List.of(elements);
    }

    @Override
    public @Nullable Value item(Value key, Run run) {
        if (!(Numbers.index(key) instanceof Long position)) {
            return null;
        }
        run.steps(chars.length() >> 6);
        int length = length();
        long index = position < 0 ? position + length : position;
        if (index < 0 || index >= length) {
            return null;
        }
        int begin = offset((int) index);
        return part(begin, begin + Character.charCount(chars.codePointAt(begin)));
    }

    @Override
    public Value slice(Slice slice, Run run) {
        run.steps(chars.length() >> 6);
        var range = slice.indices(length());
        if (range.step() == 1) {
            return range.count() == 0 ? derived("") : part(offset(range.start()), offset(range.start() + range.count()));
        }
        int[] offsets = offsets(run);
        var out = new TextBuilder(run);
        for (int i = 0, at = range.start(); i < range.count(); i++, at += range.step()) {
            out.append(this, offsets[at], offsets[at + 1]);
        }
        return markup ? out.toText().asMarkup() : out.toText();
    }

    /** UTF-16 offsets of the code points, and of the end. */
    private int[] offsets(Run run) {
        int length = length();
        run.charge(length);
        var offsets = new int[length + 1];
        for (int i = 0; i < length; i++) {
            offsets[i + 1] = offsets[i] + Character.charCount(chars.codePointAt(offsets[i]));
        }
        return offsets;
    }

    @Override
    public String typeName() {
        return markup ? "Markup" : "str";
    }

    @Override
    public boolean isTrue() {
        return !chars.isEmpty();
    }

    @Override
    public void print(TextBuilder out) {
        out.append(this);
    }

    @Override
    public void repr(TextBuilder out) {
        int begin = out.length();
        if (markup) {
            out.append("Markup(");
        }
        PythonPrinting.quote(chars, out);
        if (markup) {
            out.append(")");
        }
        if (!isTrusted()) {
            out.distrustFrom(begin);
        }
    }

    @Override
    public boolean equals(@Nullable Object other) {
        return other instanceof Text text && chars.equals(text.chars);
    }

    @Override
    public int hashCode() {
        return chars.hashCode();
    }

    @Override
    public String toString() {
        return chars;
    }
}
