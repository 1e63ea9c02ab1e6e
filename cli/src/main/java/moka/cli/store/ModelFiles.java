package moka.cli.store;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.FileVisitOption;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.FileTime;
import java.util.ArrayList;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;

/** Model files in a tree of folders; a split model is its first part. */
final class ModelFiles {
    private static final int DEPTH = 8;
    private static final Pattern SPLIT = Pattern.compile("(.*)-(\\d{5})-of-(\\d{5})\\.gguf");

    private ModelFiles() {}

    /** Every model below a folder, in the order of paths; none if there is no such folder, or it may not be read. */
    static List<Path> firstParts(Path folder) {
        if (!Files.isDirectory(folder)) {
            return List.of();
        }
        try (Stream<Path> files = Files.walk(folder, DEPTH, FileVisitOption.FOLLOW_LINKS)) {
            return files.filter(it -> isModel(it.getFileName().toString()) && Files.isRegularFile(it))
                    .sorted()
                    .toList();
        } catch (IOException | UncheckedIOException e) {
            return List.of();
        }
    }

    /** Whether a file name is that of a whole model or of the first part of one. */
    static boolean isModel(String name) {
        Matcher split = SPLIT.matcher(name);
        boolean later = split.matches() && !split.group(2).equals("00001");
        return name.endsWith(".gguf") && !later && !name.startsWith("mmproj");
    }

    /** Names of all parts of a model, by that of the first. */
    static List<String> partNames(String name) {
        Matcher split = SPLIT.matcher(name);
        if (!split.matches()) {
            return List.of(name);
        }
        var names = new ArrayList<String>();
        for (int part = 1; part <= Integer.parseInt(split.group(3)); part++) {
            names.add(String.format("%s-%05d-of-%s.gguf", split.group(1), part, split.group(3)));
        }
        return names;
    }

    /** The name without the part's number and the ending. */
    static String stem(String name) {
        Matcher split = SPLIT.matcher(name);
        return split.matches() ? split.group(1) : name.replaceFirst("\\.gguf$", "");
    }

    /** The files of a model that exist. */
    static List<Path> parts(Path first) {
        return partNames(first.getFileName().toString()).stream()
                .map(first::resolveSibling)
                .filter(Files::isRegularFile)
                .toList();
    }

    static ModelStore.Entry entry(String name, Path first, String place) {
        long bytes = 0;
        FileTime modified = FileTime.fromMillis(0);
        try {
            for (Path part : parts(first)) {
                bytes += Files.size(part);
            }
            modified = Files.getLastModifiedTime(first);
        } catch (IOException e) {
            // It went away while we looked: shown as empty.
        }
        return new ModelStore.Entry(name, first, bytes, modified, place);
    }
}
