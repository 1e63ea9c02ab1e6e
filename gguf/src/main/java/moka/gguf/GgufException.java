package moka.gguf;

import org.jspecify.annotations.Nullable;

/**
 * A file that is not what the GGUF format asks for, or that cannot be read. The message is one line: file, place, what was
 * found, what was expected. The fields repeat its parts for programs; those that do not apply are empty (offset: -1).
 */
public class GgufException extends RuntimeException {
    private static final long serialVersionUID = 1L;

    /** How far reading came before it failed. */
    public enum Level {
        /** The file as such: missing, no permission, a directory, changed while open. */
        FILE,
        /** Magic, version, counts. */
        HEADER,
        /** Keys and values. */
        METADATA,
        /** Names, shapes and types of tensors. */
        TENSOR_INFO,
        /** Offsets and sizes of tensors against the length of the file. */
        DATA,
        /** Parts of a split model that do not fit each other. */
        SPLIT,
        /** A value that is missing or of another kind than its reader needs. */
        VALUE
    }

    private final Level level;
    private final String file;
    private final long offset;
    private final String subject;
    private final String found;
    private final String expected;

    /** A failure of which no more is known than the message. */
    public GgufException(String message) {
        this(Level.VALUE, "", -1, "", message, "", "", null);
    }

    /** A failure of which no more is known than the message and the cause. */
    public GgufException(String message, Throwable cause) {
        this(Level.VALUE, "", -1, "", message, "", "", cause);
    }

    GgufException(
            Level level,
            String file,
            long offset,
            String subject,
            String found,
            String expected,
            String hint,
            @Nullable Throwable cause) {
        super(line(file, offset, subject, found, expected, hint), cause);
        this.level = level;
        this.file = file;
        this.offset = offset;
        this.subject = subject;
        this.found = found;
        this.expected = expected;
    }

    // file: key 'k' at byte 12: found, expected expected: hint
    private static String line(String file, long offset, String subject, String found, String expected, String hint) {
        var line = new StringBuilder();
        if (!file.isEmpty()) {
            line.append(file).append(": ");
        }
        line.append(subject);
        if (offset >= 0) {
            line.append(subject.isEmpty() ? "at byte " : " at byte ").append(Wording.grouped(offset));
        }
        if (!subject.isEmpty() || offset >= 0) {
            line.append(": ");
        }
        line.append(found);
        if (!expected.isEmpty()) {
            line.append(", expected ").append(expected);
        }
        if (!hint.isEmpty()) {
            line.append(": ").append(hint);
        }
        return OneLine.of(line);
    }

    /** How far reading came. */
    public Level level() {
        return level;
    }

    /** Name of the file. */
    public String file() {
        return file;
    }

    /** Byte of the file where the fault lies, or -1. */
    public long offset() {
        return offset;
    }

    /** The key or tensor concerned, such as {@code key 'general.alignment'}. */
    public String subject() {
        return subject;
    }

    /** What was found. */
    public String found() {
        return found;
    }

    /** What was expected. */
    public String expected() {
        return expected;
    }
}
