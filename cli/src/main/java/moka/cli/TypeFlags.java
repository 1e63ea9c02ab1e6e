package moka.cli;

import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.regex.Pattern;
import java.util.regex.PatternSyntaxException;
import moka.cli.terminal.CommandFailure;
import moka.gguf.TensorType;
import moka.quantize.TypeOverrides;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Option;

/** Types of single tensors, for commands that quantize. */
final class TypeFlags {
    @Option(names = "--tensor-type", paramLabel = "PATTERN=TYPE", description = "Type of tensors whose name the regular expression finds; may be repeated.")
    List<String> tensorTypes = List.of();

    @Option(names = "--output-tensor-type", paramLabel = "TYPE", description = "Type of the output matrix.")
    @Nullable String outputType;

    @Option(names = "--token-embedding-type", paramLabel = "TYPE", description = "Type of the token embedding.")
    @Nullable String embeddingType;

    @Option(names = "--pure", description = "All matrices in the base type, no mixture.")
    boolean pure;

    @Option(names = "--leave-output-tensor", hidden = true, description = "Keep the output matrix as it is.")
    boolean keepOutput;

    TypeOverrides overrides() {
        List<TypeOverrides.ByName> patterns = new ArrayList<>();
        for (String entry : tensorTypes) {
            int equals = entry.lastIndexOf('=');
            if (equals < 1) {
                throw CommandFailure.usage("--tensor-type '" + entry + "', expected PATTERN=TYPE");
            }
            try {
                patterns.add(new TypeOverrides.ByName(Pattern.compile(entry.substring(0, equals)), type("--tensor-type", entry.substring(equals + 1))));
            } catch (PatternSyntaxException e) {
                throw CommandFailure.usage("--tensor-type '" + entry + "': " + e.getDescription() + " at character " + (e.getIndex() + 1));
            }
        }
        return new TypeOverrides(
                patterns,
                Optional.ofNullable(outputType).map(it -> type("--output-tensor-type", it)),
                Optional.ofNullable(embeddingType).map(it -> type("--token-embedding-type", it)),
                pure,
                keepOutput);
    }

    private static TensorType type(String option, String name) {
        for (TensorType type : TensorType.values()) {
            if (type.name().equalsIgnoreCase(name)) {
                return type;
            }
        }
        throw CommandFailure.usage(option + ": type '" + name + "', expected a tensor type such as Q4_K, Q6_K or F16");
    }
}
