package moka.cli;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import moka.cli.terminal.CommandFailure;
import moka.cli.terminal.TextFiles;
import moka.engine.ModelOptions;
import moka.quantize.AutoQuantization;
import moka.quantize.Calibration;
import moka.quantize.ImportanceMatrix;
import moka.quantize.Method;
import moka.quantize.Mixture;
import moka.quantize.SizeBudget;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Option;

/** How weights become codes, and how types are chosen. */
final class MethodFlags {
    private static final String NAMES = "rtn, imatrix, awq, gptq, awq+gptq, smoothquant, auto, auto+gptq, feedback or feedback+gptq";
    private static final Pattern SIZE = Pattern.compile("([0-9.]+) *([kmgt]?)(i?)b?", Pattern.CASE_INSENSITIVE);

    @Option(names = "--imatrix", paramLabel = "FILE", description = "Importance matrix, from 'moka imatrix'.")
    @Nullable Path importance;

    @Option(
            names = "--method",
            paramLabel = "NAME",
            description = "rtn, imatrix, awq, gptq, awq+gptq or smoothquant; auto measures which types to take, feedback goes on from there, also auto+gptq and so on (default: rtn, imatrix or auto, as other options say).")
    @Nullable String method;

    @Option(names = "--bpw", paramLabel = "X", description = "Bits per weight that auto may use, instead of TYPE.")
    double bitsPerWeight;

    @Option(names = "--size", paramLabel = "N", description = "Size of the file, such as 4GiB, likewise.")
    @Nullable String size;

    @Option(names = "--calibration", paramLabel = "FILE", description = "Text for methods that look at inputs.")
    @Nullable Path calibration;

    @Option(names = "--calibration-context", paramLabel = "N", hidden = true, description = "Tokens of a window of it (default: 512).")
    int calibrationWindow = 512;

    @Option(names = "--calibration-chunks", paramLabel = "N", hidden = true, description = "Only its first N windows (default: all).")
    int calibrationChunks = -1;

    @Option(names = "--probe-chunks", paramLabel = "N", hidden = true, description = "Windows on which auto measures a trial (default: 24).")
    int probeChunks = AutoQuantization.DEFAULT_WINDOWS;

    @Option(names = "--rounds", paramLabel = "N", hidden = true, description = "Most rounds of feedback (default: 3).")
    int rounds = AutoQuantization.DEFAULT_ROUNDS;

    Optional<ImportanceMatrix> matrix() {
        return Optional.ofNullable(importance).map(ImportanceMatrix::read);
    }

    /** Whether types are chosen by measurement. */
    boolean auto() {
        return sized() || words().contains("auto") || words().contains("feedback");
    }

    /** Rounds of feedback after that. */
    int feedbackRounds() {
        return words().contains("feedback") ? Math.max(1, rounds) : 0;
    }

    /** Whether the size is said without a mixture. */
    boolean sized() {
        return bitsPerWeight != 0 || size != null;
    }

    /** @param mixture the one that was named, where there is one */
    SizeBudget budget(Optional<Mixture> mixture) {
        if (bitsPerWeight != 0) {
            return new SizeBudget.BitsPerWeight(bitsPerWeight);
        }
        return size != null ? new SizeBudget.FileBytes(bytes(size)) : new SizeBudget.Like(mixture.orElseThrow());
    }

    private List<String> words() {
        return method == null ? List.of() : List.of(method.toLowerCase(Locale.ROOT).split("[+_-]"));
    }

    /** Without a name: with the matrix that was given, or a text, else without. */
    Method method() {
        List<String> rest = new ArrayList<>(words());
        rest.removeAll(List.of("auto", "feedback"));
        if (rest.isEmpty()) {
            return importance == null && !auto() ? Method.RTN : Method.IMATRIX;
        }
        return Method.byName(String.join("+", rest))
                .orElseThrow(() -> CommandFailure.usage("--method '" + method + "', expected " + NAMES));
    }

    void check() {
        Method chosen = method();
        if (bitsPerWeight != 0 && size != null) {
            throw CommandFailure.usage("--bpw and --size both say how large: leave one of them out");
        }
        if (bitsPerWeight < 0 || bitsPerWeight > 32 || Double.isNaN(bitsPerWeight)) {
            throw CommandFailure.usage("--bpw " + bitsPerWeight + ", expected bits per weight such as 4.25");
        }
        if (auto() && !words().isEmpty() && !words().contains("auto") && !words().contains("feedback")) {
            throw CommandFailure.usage("--bpw and --size go with --method auto, or auto+" + method + ", not with " + method);
        }
        if (calibration == null && (auto() || chosen.calibrates())) {
            throw CommandFailure.usage("--method " + (method == null ? "auto" : method) + " needs --calibration FILE, a text such as the model will see");
        }
        if (auto() && chosen == Method.RTN) {
            throw CommandFailure.usage("--method " + method + ": auto has a text to weight errors by, use auto");
        }
        if (feedbackRounds() > 0 && chosen != Method.IMATRIX && chosen != Method.GPTQ) {
            throw CommandFailure.usage("--method " + method + ": feedback goes with imatrix or gptq, it cannot scale channels");
        }
        if (chosen == Method.IMATRIX && importance == null && calibration == null) {
            throw CommandFailure.usage("--method imatrix needs --imatrix FILE or --calibration FILE");
        }
        if (chosen == Method.RTN && importance != null) {
            throw CommandFailure.usage("--method rtn does not use --imatrix: leave one of them out");
        }
    }

    /** The text for calibration, run through a model. */
    Calibration calibration(Path model, ModelOptions options) {
        if (calibration == null) {
            throw new IllegalStateException("no text");
        }
        return new Calibration(model, options, TextFiles.of(calibration), calibrationWindow, calibrationChunks, true);
    }

    /** Powers of 1024 with an i, of 1000 without. */
    static long bytes(String size) {
        Matcher matcher = SIZE.matcher(size.strip());
        try {
            if (matcher.matches()) {
                double unit = matcher.group(3).isEmpty() ? 1000 : 1024;
                int power = " kmgt".indexOf((matcher.group(2) + " ").toLowerCase(Locale.ROOT).charAt(0));
                return (long) (Double.parseDouble(matcher.group(1)) * Math.pow(unit, power));
            }
        } catch (NumberFormatException e) {
            // said below
        }
        throw CommandFailure.usage("--size '" + size + "', expected bytes such as 4GiB, 700MB or 3500000000");
    }
}
