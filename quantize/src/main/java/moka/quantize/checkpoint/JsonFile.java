package moka.quantize.checkpoint;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import moka.gguf.Json;
import moka.quantize.QuantizeException;

/**
 * A JSON file of a checkpoint. Read as a stream ({@link #reader}) where it may be large, else as a tree: maps, lists, strings, {@link Double} or
 * {@link Long}, {@link Boolean}; {@code null} members are left out.
 */
final class JsonFile {
    /** The largest published vocabularies take 35 MB. */
    static final long VOCABULARY_BYTES = 256L << 20;

    /** Configurations have some kilobytes; one lists the special tokens with half a megabyte. */
    private static final long CONFIGURATION_BYTES = 16L << 20;

    private static final int DEEPEST = 32;

    private JsonFile() {}

    /** The object in a file. @throws QuantizeException if it is missing or malformed */
    static Map<String, Object> read(Path path) {
        return object(reader(path, CONFIGURATION_BYTES));
    }

    /** The object that a text consists of. */
    static Map<String, Object> object(Json json) {
        Map<String, Object> object = object(json, 1);
        json.end();
        return object;
    }

    /** The object in a file, if there is one. */
    static Optional<Map<String, Object>> readIfPresent(Path path) {
        return Files.exists(path) ? Optional.of(read(path)) : Optional.empty();
    }

    /** A reader at the beginning of a file. */
    static Json reader(Path path, long atMost) {
        return new Json(bytes(path, atMost), (offset, found, expected) -> new QuantizeException(
                path.getFileName() + ": at byte " + offset + ": " + found + ", expected " + expected));
    }

    /** The bytes of a file of the checkpoint. */
    static byte[] bytes(Path path, long atMost) {
        try {
            if (Files.exists(path) && !Files.isRegularFile(path)) {
                throw new QuantizeException(path + ": is no regular file, expected one of a checkpoint");
            }
            long size = Files.size(path);
            if (size > atMost) {
                throw new QuantizeException(
                        path.getFileName() + ": " + size + " bytes, expected at most " + atMost + ": this is no file of a checkpoint");
            }
            return Files.readAllBytes(path);
        } catch (NoSuchFileException e) {
            throw new QuantizeException(path + ": no such file: a checkpoint needs it", e);
        } catch (IOException e) {
            throw new QuantizeException(path + ": cannot be read (" + e.getMessage() + ")", e);
        }
    }

    /** A value as a tree. */
    static Optional<Object> tree(Json json) {
        return tree(json, 1);
    }

    private static Optional<Object> tree(Json json, int depth) {
        if (depth > DEEPEST) {
            json.skipValue();
            return Optional.empty();
        }
        return switch (json.kind()) {
            case OBJECT -> Optional.of(object(json, depth));
            case ARRAY -> Optional.of(array(json, depth));
            case STRING -> Optional.of(json.string("a string"));
            case NULL, BOOLEAN, NUMBER -> plain(json.literal());
        };
    }

    private static Optional<Object> plain(String literal) {
        return switch (literal) {
            case "null" -> Optional.empty();
            case "true", "false" -> Optional.of(Boolean.valueOf(literal));
            default -> Optional.of(number(literal));
        };
    }

    private static Object number(String literal) {
        if (literal.length() < 19 && literal.chars().allMatch(c -> c == '-' || Character.isDigit(c))) {
            return Long.valueOf(literal);
        }
        return Double.valueOf(literal);
    }

    private static Map<String, Object> object(Json json, int depth) {
        Map<String, Object> members = new LinkedHashMap<>();
        json.beginObject();
        for (boolean first = true; json.nextMember(first); first = false) {
            String name = json.name();
            tree(json, depth + 1).ifPresentOrElse(value -> members.put(name, value), () -> members.remove(name));
        }
        return members;
    }

    private static List<Object> array(Json json, int depth) {
        List<Object> elements = new ArrayList<>();
        json.beginArray();
        for (boolean first = true; json.nextElement(first); first = false) {
            tree(json, depth + 1).ifPresent(elements::add);
        }
        return elements;
    }
}
