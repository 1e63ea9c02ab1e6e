package moka.cli.store;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.stream.Collectors;

/** Chooses among the files of a repository by the quantization that their names tell. */
final class Quantizations {
    /** What most people want, best first, where nothing is asked for. */
    private static final List<String> PREFERRED = List.of("Q4_K_M", "Q4_K_S", "Q4_0", "IQ4_XS", "Q5_K_M", "Q8_0");

    private Quantizations() {}

    /** The path that a name means, of those that lie on this machine. */
    static Optional<Path> chooseFile(List<Path> files, ModelName.HuggingFace name) {
        return choose(files.stream().map(it -> it.toString().replace('\\', '/')).toList(), name).map(Path::of);
    }

    /** The path that a name means. @param paths of first parts, with {@code /} between folders */
    static Optional<String> choose(List<String> paths, ModelName.HuggingFace name) {
        if (name.file().isPresent()) {
            return paths.stream()
                    .filter(it -> it.equals(name.file().get()) || it.endsWith("/" + name.file().get()))
                    .findFirst();
        }
        if (name.quantization().isPresent()) {
            return paths.stream().filter(it -> has(it, name.quantization().get())).findFirst();
        }
        for (String preferred : PREFERRED) {
            Optional<String> found = paths.stream().filter(it -> has(it, preferred)).findFirst();
            if (found.isPresent()) {
                return found;
            }
        }
        return paths.stream().findFirst();
    }

    /** Whether a file's name ends with a quantization: after a separator, whatever the case. */
    static boolean has(String path, String quantization) {
        String stem = ModelFiles.stem(path.substring(path.lastIndexOf('/') + 1)).toUpperCase(Locale.ROOT);
        String wanted = quantization.toUpperCase(Locale.ROOT);
        int before = stem.length() - wanted.length() - 1;
        return stem.equals(wanted) || (before >= 0 && stem.endsWith(wanted) && "-._".indexOf(stem.charAt(before)) >= 0);
    }

    /** What there is, for a message: at most a dozen names. */
    static String offered(List<String> paths) {
        var stems = new ArrayList<String>();
        for (String path : paths) {
            stems.add(ModelFiles.stem(path.substring(path.lastIndexOf('/') + 1)));
        }
        String some = stems.stream().limit(12).collect(Collectors.joining(", "));
        return stems.size() > 12 ? some + " and " + (stems.size() - 12) + " more" : some;
    }
}
