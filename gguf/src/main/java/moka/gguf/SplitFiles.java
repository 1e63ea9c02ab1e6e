package moka.gguf;

import java.lang.foreign.Arena;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.OptionalLong;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import moka.gguf.GgufException.Level;

/**
 * Split models: files {@code NAME-00001-of-0000N.gguf}, each a GGUF file with keys {@code split.no} (from 0), {@code split.count} and
 * {@code split.tensors.count} (of all parts). The first part has the metadata of the model.
 */
final class SplitFiles {
    static final String NUMBER_KEY = "split.no";
    static final String COUNT_KEY = "split.count";
    static final String TENSOR_COUNT_KEY = "split.tensors.count";

    private static final Pattern NAME = Pattern.compile("(.*)-(\\d{5})-of-(\\d{5})\\.gguf", Pattern.DOTALL);

    private SplitFiles() {}

    /** File name of a part. @param number from 1 */
    static String partName(String prefix, int number, int count) {
        return String.format(Locale.ROOT, "%s-%05d-of-%05d.gguf", prefix, number, count);
    }

    /** All parts of the model that a file belongs to, in order; the file alone where it is not split. */
    static List<GgufPart> open(Path path, Arena arena) {
        GgufPart opened = openPart(path, arena);
        OptionalLong count = opened.metadata().integer(COUNT_KEY);
        if (count.isEmpty() || count.getAsLong() <= 1) {
            return List.of(opened);
        }
        Matcher name = NAME.matcher(opened.name());
        if (!name.matches()) {
            throw fault(
                    opened.name(),
                    "",
                    "a name that tells no part, while " + COUNT_KEY + " is " + count.getAsLong(),
                    "a name that ends in -00001-of-" + String.format(Locale.ROOT, "%05d", count.getAsLong()) + ".gguf",
                    "the other parts cannot be found: give the files their names back");
        }
        if (Integer.parseInt(name.group(3)) != count.getAsLong()) {
            throw fault(
                    opened.name(),
                    Wording.key(COUNT_KEY),
                    "value " + count.getAsLong(),
                    Integer.parseInt(name.group(3)) + " as the file name says",
                    "");
        }
        int opens = Integer.parseInt(name.group(2));
        List<GgufPart> parts = new ArrayList<>();
        for (int number = 1; number <= count.getAsLong(); number++) {
            GgufPart part = number == opens
                    ? opened
                    : openPart(path.resolveSibling(partName(name.group(1), number, (int) count.getAsLong())), arena);
            checkPart(part, number, count.getAsLong());
            parts.add(part);
        }
        checkTensors(parts);
        return parts;
    }

    /** One file alone. */
    static GgufPart openPart(Path path, Arena arena) {
        FileMap map = FileMap.open(path, arena);
        return GgufReader.read(map.name(), map.bytes(), map, arena);
    }

    private static void checkPart(GgufPart part, int number, long count) {
        check(part, NUMBER_KEY, number - 1);
        check(part, COUNT_KEY, count);
    }

    private static void check(GgufPart part, String key, long expected) {
        OptionalLong found = part.metadata().integer(key);
        if (found.isEmpty() || found.getAsLong() != expected) {
            throw fault(
                    part.name(),
                    Wording.key(key),
                    found.isEmpty() ? "missing" : "value " + found.getAsLong(),
                    String.valueOf(expected),
                    "the parts do not belong together");
        }
    }

    private static void checkTensors(List<GgufPart> parts) {
        Map<String, GgufPart> seen = new HashMap<>();
        for (GgufPart part : parts) {
            for (GgufTensor tensor : part.tensors()) {
                GgufPart before = seen.put(tensor.name(), part);
                if (before != null) {
                    throw fault(
                            part.name(),
                            Wording.tensor(tensor.name()),
                            "duplicate, also in " + before.name(),
                            "each tensor once",
                            "");
                }
            }
        }
        GgufPart first = parts.getFirst();
        OptionalLong announced = first.metadata().integer(TENSOR_COUNT_KEY);
        if (announced.isPresent() && announced.getAsLong() != seen.size()) {
            throw fault(
                    first.name(),
                    Wording.key(TENSOR_COUNT_KEY),
                    "value " + announced.getAsLong(),
                    seen.size() + ", the tensors of all parts",
                    "");
        }
    }

    private static GgufException fault(String file, String subject, String found, String expected, String hint) {
        return new GgufException(Level.SPLIT, file, -1, subject, found, expected, hint, null);
    }
}
