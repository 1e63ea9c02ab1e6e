package moka.template.jinja.value;

import java.util.Arrays;

/** Collects text piece by piece, with whom each piece came from; pays for every character out of the run's limits. */
public final class TextBuilder {
    private final Run run;
    private final StringBuilder chars = new StringBuilder();
    private int[] untrusted = Text.NONE;
    private int count;

    public TextBuilder(Run run) {
        this.run = run;
    }

    public Run run() {
        return run;
    }

    public int length() {
        return chars.length();
    }

    public TextBuilder append(Text text) {
        return append(text, 0, text.chars().length());
    }

    /** Appends a part of a text, given by UTF-16 offsets. */
    public TextBuilder append(Text text, int begin, int end) {
        int shift = chars.length() - begin;
        run.charge(end - begin);
        chars.append(text.chars(), begin, end);
        int[] ranges = text.untrustedRanges();
        for (int i = text.rangeAt(begin); i < ranges.length && ranges[i] < end; i += 2) {
            distrust(Math.max(ranges[i], begin) + shift, Math.min(ranges[i + 1], end) + shift);
        }
        return this;
    }

    /** Appends text of the template's own. */
    public TextBuilder append(String text) {
        run.charge(text.length());
        chars.append(text);
        return this;
    }

    /** Appends one code point of the template's own. */
    public TextBuilder append(int codePoint) {
        run.charge(1);
        chars.appendCodePoint(codePoint);
        return this;
    }

    /** Appends a text so many times. */
    public TextBuilder repeat(Text text, long times) {
        if (times > 0 && text.isTrue()) {
            run.charge(Math.min(times, 1L << 31) * text.chars().length());
            if (text.isTrusted()) {
                chars.repeat(text.chars(), (int) times);
            } else {
                for (long i = 0; i < times; i++) {
                    append(text);
                }
            }
        }
        return this;
    }

    /** Appends a value as {@code str()} gives it. */
    public TextBuilder print(Value value) {
        value.print(this);
        return this;
    }

    /** Appends text written from a source: trusted as the source is as a whole. */
    public TextBuilder derived(Text source, String text) {
        return append(source.derived(text));
    }

    /** Takes back the trust in everything from an offset on. */
    void distrustFrom(int begin) {
        if (chars.length() > begin) {
            while (count > 0 && untrusted[count - 2] >= begin) {
                count -= 2;
            }
            distrust(count > 0 ? Math.max(begin, untrusted[count - 1]) : begin, chars.length());
        }
    }

    /** Takes back the trust in everything from an offset on if any of it is untrusted: for containers printed as one. */
    void spreadDistrustFrom(int begin) {
        if (count > 0 && untrusted[count - 1] > begin) {
            distrustFrom(begin);
        }
    }

    private void distrust(int begin, int end) {
        if (begin == end) {
            return;
        }
        if (count > 0 && untrusted[count - 1] == begin) {
            untrusted[count - 1] = end;
            return;
        }
        if (count == untrusted.length) {
            run.charge(count + 8L);
            untrusted = Arrays.copyOf(untrusted, Math.max(8, 2 * count));
        }
        untrusted[count++] = begin;
        untrusted[count++] = end;
    }

    public Text toText() {
        return Text.of(chars.toString(), count == untrusted.length ? untrusted : Arrays.copyOf(untrusted, count), false);
    }
}
