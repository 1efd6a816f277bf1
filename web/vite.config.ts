import tailwindcss from "@tailwindcss/vite";
import react from "@vitejs/plugin-react";
import { defineConfig } from "vitest/config";

const api = ["^/(predict|predict-image|search_a|search_b|search_best|search_ab|models|feedback|session|health)$", "^/products/", "^/[a-z0-9][a-z0-9_-]*/search$"];
const gateway = "http://127.0.0.1:8000";

export default defineConfig({
  plugins: [react(), tailwindcss()],
  // The gateway's policy allows no inline scripts and no data: URLs for them.
  build: { modulePreload: { polyfill: false }, assetsInlineLimit: 0, reportCompressedSize: true },
  server: { proxy: Object.fromEntries(api.map((path) => [path, gateway])) },
  test: { include: ["src/**/*.test.ts"] },
});
