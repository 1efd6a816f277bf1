import { lazy, StrictMode } from "react";
import { createRoot } from "react-dom/client";
import { BrowserRouter, Route, Routes } from "react-router";
import { BrokenPage } from "./layout/BrokenPage";
import { Layout } from "./layout/Layout";
import { HomePage } from "./pages/HomePage";
import { MissingPage } from "./pages/MissingPage";
import { ProductPage } from "./pages/ProductPage";
import { SearchPage } from "./pages/SearchPage";
import "./styles.css";

const AboutPage = lazy(async () => ({ default: (await import("./pages/AboutPage")).AboutPage }));
const InsightsPage = lazy(async () => ({ default: (await import("./pages/InsightsPage")).InsightsPage }));
const RulesPage = lazy(async () => ({ default: (await import("./pages/RulesPage")).RulesPage }));
const ComparePage = lazy(async () => ({ default: (await import("./pages/ComparePage")).ComparePage }));

/** The server gives the page for these addresses: vitrine/gateway/http/page.py lists them, too. */
function Page() {
  return (
    <StrictMode>
      <BrokenPage>
        {/* As transitions, navigations would come after a ticked box is drawn as it was before. */}
        <BrowserRouter useTransitions={false}>
          <Routes>
            <Route element={<Layout />}>
              <Route path="/" element={<HomePage />} />
              <Route path="/search" element={<SearchPage />} />
              <Route path="/product/*" element={<ProductPage />} />
              <Route path="/compare" element={<ComparePage />} />
              <Route path="/about" element={<AboutPage />} />
              <Route path="/queries" element={<InsightsPage />} />
              <Route path="/merchandising" element={<RulesPage />} />
              <Route path="*" element={<MissingPage />} />
            </Route>
          </Routes>
        </BrowserRouter>
      </BrokenPage>
    </StrictMode>
  );
}

const root = document.getElementById("root");
if (root) createRoot(root).render(<Page />);
