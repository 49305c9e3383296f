Feature: DEL
  A pod goes: the plugin takes back what it gave, whatever has gone before it.

  @req:CNI-4
  Scenario: DEL takes away what ADD made
    Given a node "n1"
    And a pod "z" on "n1"
    And the state of node "n1" is noted
    And a pod "a" on "n1"
    And the state of node "n1" is noted in between
    When the runtime deletes "a"
    Then it succeeds
    And "a" has no link eth0 any more
    And the node "n1" is as it was, unlike while "a" was there

  @req:CNI-4
  Scenario: A second DEL succeeds
    Given a node "n1"
    And a pod "a" on "n1"
    When the runtime deletes "a"
    Then it succeeds
    When the runtime deletes "a" again
    Then it succeeds, too

  @req:CNI-4
  Scenario: DEL of a sandbox that nobody added succeeds
    Given a node "n1"
    And a sandbox "a" on "n1"
    When the runtime deletes "a"
    Then it succeeds

  @req:CNI-4
  Scenario: DEL succeeds when the namespace is gone, and the node is as before
    Given a node "n1"
    And a pod "z" on "n1"
    And the state of node "n1" is noted
    And a pod "a" on "n1"
    And the state of node "n1" is noted in between
    When the sandbox of "a" vanishes
    And the runtime deletes "a"
    Then it succeeds
    And the node "n1" is as it was, unlike while "a" was there

  @req:CNI-4
  Scenario Outline: DEL succeeds when <flaw>
    Given a node "n1"
    And a pod "a" on "n1"
    When the runtime deletes "a" but <flaw>
    Then it succeeds

    Examples:
      | flaw                            |
      | CNI_NETNS is missing            |
      | CNI_NETNS is ""                 |
      | CNI_NETNS is "/run/netns/away"  |
      | CNI_ARGS is missing             |
      | its key prevResult is missing   |
