package moka.cli.journey;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Every command of the chat, completion, search and editing, key by key, in a wide and in a narrow terminal. */
class CommandsJourney {
    private static final String PROMPT = "\n>";

    @TempDir
    Path home;

    private Tmux chat(int columns, int rows, String flags, String name) {
        Program moka = new Program(home);
        return new Tmux(columns, rows, moka.environment(), home, Program.SCRIPT + flags, Path.of("target", "screens", name + ".txt"));
    }

    @ParameterizedTest
    @ValueSource(ints = {80, 40})
    void changesRepeatsAndForgetsTurns(int columns) throws IOException {
        Files.writeString(home.resolve("mountain.txt"), "Mount Everest is 8849 metres high.\n");
        try (Tmux terminal = chat(columns, 60, " chat --temp 0", "commands-" + columns)) {
            terminal.waitFor(PROMPT);
            terminal.keys("What is the capital of France?", "Enter");
            terminal.waitFor("Paris." + PROMPT);
            terminal.keys("/regen", "Enter");
            terminal.waitFor("> /regen\nThe capital of France is Paris." + PROMPT);
            terminal.keys("/edit", "Enter");
            terminal.waitFor("/edit\n> What is the capital of France?");
            terminal.keys("BSpace", "BSpace", "BSpace", "BSpace", "BSpace", "BSpace", "BSpace", "Italy?", "Enter");
            terminal.waitFor("Rome." + PROMPT);
            terminal.keys("/file mou", "Tab");
            terminal.waitFor("/file mountain.txt");
            terminal.keys("Enter");
            terminal.waitFor("mountain.txt: 16 tokens");
            terminal.keys("How high?", "Enter");
            terminal.waitFor("\n> How high?\n");
            terminal.waitFor("." + PROMPT);
            terminal.keys("/save talk.jsonl", "Enter");
            terminal.waitFor("saved to talk.jsonl");
            terminal.keys("/undo", "Enter");
            terminal.waitFor("forgotten; 1 turn is left");
            terminal.keys("/load talk", "Tab");
            terminal.waitFor("/load talk.jsonl");
            terminal.keys("Enter");
            terminal.waitFor("2 turns from talk.jsonl");
            terminal.keys("/load pebble", "Enter");
            terminal.waitFor("2 turns go on");
            terminal.keys("/stats", "Enter");
            terminal.waitFor("4 answers:");
            terminal.keys("/copy", "Enter");
            terminal.waitFor("characters handed to the");
            terminal.keys("/tokens one two", "Enter");
            terminal.waitFor("tokens: [");
            terminal.keys("C-d");
            String screen = terminal.waitFor("[exit 0]");
            terminal.record();
            assertTrue(screen.lines().allMatch(line -> line.length() <= columns), screen);
        }
        List<String> saved = Files.readAllLines(home.resolve("talk.jsonl"));
        assertEquals(5, saved.size(), saved.toString());
        assertTrue(saved.get(1).contains("Italy") && saved.get(3).contains("8849"), saved.toString());
    }

    @ParameterizedTest
    @ValueSource(ints = {80, 40})
    void completesSearchesAndPastes(int columns) {
        try (Tmux terminal = chat(columns, 40, " chat --temp 0", "editing-" + columns)) {
            terminal.waitFor(PROMPT);
            terminal.keys("What is the capital of France?", "Enter");
            terminal.waitFor("Paris." + PROMPT);
            terminal.keys("/sta", "Tab");
            terminal.waitFor("> /stats");
            terminal.keys("C-u", "/set mirostat-l", "Tab");
            terminal.waitFor("> /set mirostat-lr");
            terminal.keys("C-u", "/set think ", "Tab");
            terminal.waitFor("auto");
            terminal.keys("C-c");
            terminal.waitFor("> /set think" + PROMPT);
            terminal.keys("C-r");
            terminal.waitFor("bck-i-search:");
            terminal.keys("capital");
            terminal.waitFor("bck-i-search: capital");
            terminal.waitFor("> What is the capital of France?");
            terminal.keys("Enter");
            terminal.waitFor("> /set think\n> What is the capital of France?\nThe capital of France is Paris." + PROMPT);
            terminal.paste("one\ntwo\nthree");
            terminal.waitFor("> one\n  two\n  three");
            terminal.keys("M-Enter", "four");
            terminal.waitFor("  three\n  four");
            terminal.keys("Up", "Up", "Home", "the ");
            terminal.waitFor("> one\n  the two\n  three\n  four");
            terminal.keys("C-c");
            terminal.waitFor("  four" + PROMPT);
            terminal.keys("C-d");
            terminal.waitFor("[exit 0]");
            terminal.record();
        }
    }

    @Test
    void findsConversationsAndFilesAgainAndKeepsWhatWasNotEdited() throws IOException {
        Files.createDirectories(home.resolve("my notes"));
        Files.writeString(home.resolve("my notes/the mountain.txt"), "Mount Everest is 8849 metres high.\n");
        try (Tmux terminal = chat(80, 40, " chat --temp 0", "find-again")) {
            terminal.waitFor(PROMPT);
            terminal.keys("What is the capital of France?", "Enter");
            terminal.waitFor("Paris." + PROMPT);
            terminal.keys("/edit", "Enter");
            terminal.waitFor("/edit\n> What is the capital of France?");
            terminal.keys("C-c");
            terminal.waitFor("/edit\n> What is the capital of France?" + PROMPT);
            terminal.keys("/show context", "Enter");
            terminal.waitFor("; 1 turn");
            terminal.keys("/load", "Enter");
            terminal.waitFor("  1 turn   What is the capital of France?");
            terminal.keys("/load 2", "Tab", "Enter");
            terminal.waitFor("\n1 turn from");
            terminal.keys("/file my", "Tab");
            terminal.waitFor("/file my notes/");
            terminal.keys("the", "Tab", "Enter");
            terminal.waitFor("my notes/the mountain.txt: 16 tokens");
            terminal.keys("/save my notes/the mountain.txt", "Enter");
            terminal.waitFor("is there already and is no conversation");
            terminal.keys("C-d");
            terminal.waitFor("[exit 0]");
            terminal.record();
        }
    }

    @Test
    void anAnswerFollowsAWindowThatBecomesNarrower() throws IOException {
        try (Tmux terminal = chat(60, 40, " chat --temp 0 --kernels scalar -t 1", "narrower")) {
            terminal.waitFor(PROMPT);
            terminal.keys("Tell me a story.", "Enter");
            terminal.waitFor("Once upon a time");
            terminal.resize(30, 40);
            String screen = terminal.waitFor("garden." + PROMPT);
            terminal.record();
            terminal.keys("C-d");
            terminal.waitFor("[exit 0]");
            try (Stream<Path> kept = Files.list(home.resolve("state/chats"))) {
                String answer = Files.readString(kept.filter(file -> file.toString().endsWith(".jsonl")).findFirst().orElseThrow());
                List<String> lines = screen.lines().toList();
                String lastLines = String.join(" ", lines.subList(lines.size() - 3, lines.size() - 1));
                assertTrue(answer.contains(lastLines), "words stay whole: " + lastLines);
            }
        }
    }

    @Test
    void editsWideCharactersAtTheMargin() {
        String line = "日本語のテスト 漢字かな交じり文を長く書いて折り返しを見る。もっともっと長く";
        try (Tmux terminal = chat(40, 24, " chat --temp 0 --no-save", "wide-characters")) {
            terminal.waitFor(PROMPT);
            terminal.keys(line);
            terminal.waitFor("\n書いて折り返しを見る。もっともっと長く");
            terminal.keys("書く。");
            terminal.waitFor("もっともっと長く書\nく。");
            terminal.keys("BSpace", "BSpace", "BSpace", "Home", "前");
            String screen = terminal.waitFor("> 前日本語のテスト 漢字かな交じり文を長\nく書いて折り返しを見る。もっともっと長く");
            assertFalse(screen.contains("長く書"), screen);
            terminal.keys("C-e", "👍!", "C-a", "C-k");
            terminal.waitFor("commands.\n>");
            terminal.keys("C-d");
            terminal.waitFor("[exit 0]");
            terminal.record();
        }
    }

    @Test
    void setsEveryParameterAndShowsIt() {
        try (Tmux terminal = chat(80, 70, " chat --no-save", "set")) {
            terminal.waitFor(PROMPT);
            for (String setting : List.of(
                    "temp 0.5", "top-k 7", "top-p 0.8", "min-p 0.1", "seed 11", "typical 0.9", "top-nsigma 2", "repeat-penalty 1.1",
                    "repeat-last-n 32", "presence-penalty 0.2", "frequency-penalty 0.3", "dry-multiplier 0.4", "dry-base 1.5",
                    "dry-allowed-length 3", "dry-penalty-last-n 99", "xtc-probability 0.25", "xtc-threshold 0.2", "dynatemp-range 0.3",
                    "dynatemp-exp 2", "mirostat 2", "mirostat-ent 4", "mirostat-lr 0.2", "max-tokens 9", "ignore-eos off", "json-schema json",
                    "lookup on", "context 256", "batch-size 64", "cache-type-k q8_0", "cache-type-v bf16", "context-shift on", "keep 4",
                    "think off", "hide-thinking on", "markdown off", "wordwrap off", "verbose on", "history off")) {
                String[] parts = setting.split(" ");
                String shown = parts[0].equals("json-schema") ? "json-schema on" : setting;
                terminal.keys("/set " + setting, "Enter");
                terminal.waitFor("> /set " + setting + "\n" + shown);
                if (parts[0].equals("dynatemp-exp")) {
                    terminal.keys("C-l");
                }
            }
            terminal.keys("C-l");
            terminal.keys("/set parameter num_ctx 128", "Enter");
            terminal.waitFor("context 128");
            terminal.keys("/set nothink", "Enter");
            terminal.waitFor("think off");
            terminal.keys("/set cache-type-k q9", "Enter");
            terminal.waitFor("q9");
            terminal.keys("Tell me about Paris as JSON.", "Enter");
            terminal.waitFor("guesses accepted");
            terminal.keys("/set", "Enter");
            terminal.waitFor("mirostat-ent         4");
            terminal.keys("/bye", "Enter");
            terminal.waitFor("[exit 0]");
            terminal.record();
        }
    }
}
