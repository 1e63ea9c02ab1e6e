package moka.quantize.quality;

import java.nio.BufferUnderflowException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Function;
import java.util.stream.IntStream;
import moka.quantize.QuantizeException;

/**
 * The files of tasks that llama.cpp's perplexity tool reads. Of large files the same tasks are drawn as there.
 *
 * @param name of the file, for messages
 * @param tokenizer of the model: a text as a whole, with what the model wants at its begin
 */
public record ChoiceFormats(String name, Function<String, int[]> tokenizer) {
    private static final int LINES = 6;
    private static final int MOST_ANSWERS = 100;
    private static final int MOST_SHOWN = 60; // characters of a text in messages

    /** Trailing tokens beyond the choice, above which only these are scored. */
    private static final int SHORT_ENDING = 3;

    /**
     * HellaSwag: six lines a task: context, index of the right ending from 0, four endings.
     *
     * @param atMost tasks, drawn where there are more
     */
    public List<ChoiceTask> hellaSwag(String text, int atMost) {
        List<String> lines = text.lines().toList();
        if (lines.isEmpty() || lines.size() % LINES != 0) {
            throw new QuantizeException(name + ": " + lines.size() + " lines, expected six for each HellaSwag task");
        }
        List<Integer> left = new ArrayList<>(IntStream.range(0, lines.size() / LINES).boxed().toList());
        MersenneTwister random = new MersenneTwister(1);
        List<ChoiceTask> tasks = new ArrayList<>();
        int count = Math.min(atMost, left.size());
        while (tasks.size() < count) {
            int first = LINES * left.remove(random.below(left.size()));
            int right = number(lines.get(first + 1), first + 2, 0, 3);
            List<int[]> sequences = new ArrayList<>();
            for (int i = 0; i < 4; i++) {
                sequences.add(sequence(lines.get(first) + " " + lines.get(first + 2 + i)));
            }
            boolean[] marks = new boolean[4];
            marks[right] = true;
            tasks.add(ChoiceTask.ofSequences(sequences, marks));
        }
        return tasks;
    }

    private int number(String text, int line, int least, int most) {
        try {
            int value = Integer.parseInt(text.strip());
            if (value >= least && value <= most) {
                return value;
            }
        } catch (NumberFormatException e) {
            // said below
        }
        throw new QuantizeException(name + ": line " + line + " is '" + shown(text) + "', expected the number of the right answer, " + least + " to " + most);
    }

    /** Winogrande: lines of index, sentence with {@code _}, two choices, and the number of the right one. @param atMost tasks, 0 for all */
    public List<ChoiceTask> winogrande(String text, int atMost) {
        List<String[]> rows = new ArrayList<>();
        int number = 0;
        for (String line : text.lines().toList()) {
            number++;
            if (!line.isBlank()) {
                String[] row = columns(line);
                if (row.length != 5 || row[1].indexOf('_') < 0) {
                    throw new QuantizeException(name + ": line " + number + ", expected index,sentence with _,choice,choice,answer");
                }
                number(row[4], number, 1, 2);
                rows.add(row);
            }
        }
        return drawn(rows.size(), atMost).stream().map(it -> winogrande(rows.get(it))).toList();
    }

    /** At the first four commas outside quotes; those around the sentence are taken off. */
    private static String[] columns(String line) {
        List<String> columns = new ArrayList<>();
        boolean quoted = false;
        int begin = 0;
        for (int i = 0; i < line.length() && columns.size() < 4; i++) {
            quoted ^= line.charAt(i) == '"';
            if (line.charAt(i) == ',' && !quoted) {
                String column = line.substring(begin, i);
                boolean marks = columns.size() == 1 && column.length() > 1 && column.startsWith("\"");
                columns.add(marks ? column.substring(1, column.length() - 1) : column);
                begin = i + 1;
            }
        }
        columns.add(line.substring(begin));
        return columns.toArray(String[]::new);
    }

    /** What follows the choice is scored, less its last token; where that is too short, the choice too. */
    private ChoiceTask winogrande(String[] row) {
        int gap = row[1].indexOf('_');
        List<int[]> sequences = new ArrayList<>();
        for (int i = 2; i < 4; i++) {
            sequences.add(sequence(row[1].substring(0, gap) + row[i] + row[1].substring(gap + 1)));
        }
        int prefix = Math.max(1, ChoiceTask.commonPrefix(sequences));
        boolean behind = sequences.stream().allMatch(it -> it.length - prefix > SHORT_ENDING);
        List<ChoiceTask.Candidate> candidates = new ArrayList<>();
        for (int i = 0; i < 2; i++) {
            int[] tokens = sequences.get(i);
            int first = behind ? tokenizer.apply(row[1].substring(0, gap) + row[2 + i]).length : prefix;
            first = Math.clamp(first, 1, tokens.length - 1);
            candidates.add(new ChoiceTask.Candidate(tokens, first, tokens.length - (tokens.length - first > 1 ? 1 : 0)));
        }
        int right = Integer.parseInt(row[4].strip());
        return new ChoiceTask(candidates, new boolean[] {right == 1, right == 2});
    }

    /** A question with an answer: its first token predicts the second. */
    private int[] sequence(String text) {
        int[] tokens = tokenizer.apply(text);
        if (tokens.length < 2) {
            throw new QuantizeException(name + ": '" + shown(text) + "' is " + tokens.length + " tokens of this model, expected two or more: a question and an answer");
        }
        return tokens;
    }

    private static String shown(String text) {
        return text.length() <= MOST_SHOWN ? text : text.substring(0, MOST_SHOWN) + "…";
    }

    private static List<Integer> drawn(int count, int atMost) {
        List<Integer> all = new ArrayList<>(IntStream.range(0, count).boxed().toList());
        if (atMost <= 0 || atMost >= count) {
            return all;
        }
        MersenneTwister random = new MersenneTwister(1);
        List<Integer> drawn = new ArrayList<>();
        while (drawn.size() < atMost) {
            int at = random.scaledBelow(all.size());
            drawn.add(all.get(at));
            all.set(at, all.getLast());
            all.removeLast();
        }
        return drawn;
    }

    /**
     * Tasks with any number of answers, little-endian: uint32 count and the offset of each from the end of these; then for each its question, and twice
     * (one right answer; several, not used) the number of answers, the answers, an int32 for each, 1 where it is right. Texts are a length and UTF-8.
     *
     * @param atMost tasks, 0 for all
     */
    public List<ChoiceTask> multipleChoice(byte[] file, int atMost) {
        ByteBuffer bytes = ByteBuffer.wrap(file).order(ByteOrder.LITTLE_ENDIAN);
        try {
            int count = bytes.getInt();
            if (count < 1 || count > bytes.remaining() / 4) {
                throw new QuantizeException(name + ": " + count + " tasks in " + file.length + " bytes, expected a file of multiple-choice tasks");
            }
            bytes.position(4 + 4 * count);
            List<ChoiceTask> all = new ArrayList<>();
            for (int i = 0; i < count; i++) {
                all.add(multipleChoice(bytes));
            }
            return drawn(count, atMost).stream().map(all::get).toList();
        } catch (BufferUnderflowException | IllegalArgumentException e) {
            throw new QuantizeException(name + ": damaged at byte " + bytes.position() + ", expected a file of multiple-choice tasks", e);
        }
    }

    private ChoiceTask multipleChoice(ByteBuffer bytes) {
        String question = text(bytes);
        List<int[]> sequences = new ArrayList<>();
        boolean[] right = new boolean[0];
        for (int list = 0; list < 2; list++) {
            int answers = bytes.getInt();
            if (answers < 0 || answers > MOST_ANSWERS || (list == 0 && answers == 0)) {
                throw new IllegalArgumentException(answers + " answers");
            }
            boolean[] marks = new boolean[answers];
            for (int i = 0; i < answers; i++) {
                String answer = text(bytes);
                if (list == 0) {
                    sequences.add(sequence(question + " " + answer));
                }
            }
            for (int i = 0; i < answers; i++) {
                marks[i] = bytes.getInt() == 1;
            }
            right = list == 0 ? marks : right;
        }
        return ChoiceTask.ofSequences(sequences, right);
    }

    private static String text(ByteBuffer bytes) {
        int length = bytes.getInt();
        if (length < 0 || length > bytes.remaining()) {
            throw new IllegalArgumentException("a text of " + length + " bytes");
        }
        byte[] text = new byte[length];
        bytes.get(text);
        return new String(text, StandardCharsets.UTF_8);
    }
}
